package gateway_test

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/front/gateway"
	"callout/internal/smtpwire"
)

// sink is a next hop that takes everything and keeps nothing.
type sink struct {
	extensions string // "250-X\r\n" for each
	octets     int64  // of the last message
	wait       sync.WaitGroup
}

// start has the sink listen until the test ends, and returns where.
func (s *sink) start(t testing.TB) callout.Destination {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.wait.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.wait.Go(func() { defer conn.Close(); s.serve(conn) })
		}
	})
	t.Cleanup(func() { ln.Close(); s.wait.Wait() })
	host, err := callout.ParseHost(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return callout.Destination{{host}}
}

func (s *sink) serve(conn net.Conn) {
	r := smtpwire.NewReader(conn)
	say := func(reply string) { io.WriteString(conn, reply+"\r\n") }
	say("220 sink ESMTP")
	piece, state := make([]byte, 64<<10), new(smtpwire.NewlineState)
	var octets int64
	swallow := func(src io.Reader) error {
		for {
			n, err := src.Read(piece)
			if octets += int64(n); err != nil {
				return err
			}
		}
	}
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		switch verb, args := smtpwire.SplitCommand(line); verb {
		case smtpwire.EHLO:
			say(s.extensions + "250 8BITMIME")
		case smtpwire.DATA:
			say("354 go")
			if swallow(r.Data(smtpwire.RejectBare)) != io.EOF {
				return
			}
			s.octets, octets = octets, 0
			say("250 taken")
		case smtpwire.BDAT:
			size, last, _ := smtpwire.ParseBDAT(args)
			if swallow(r.Chunk(size, smtpwire.BinaryNewlines, state)) != io.EOF {
				return
			}
			if last {
				s.octets, octets = octets, 0
			}
			say("250 taken")
		default:
			say("250 ok")
		}
	}
}

// sinkHouse is a gateway in front of a sink.
func sinkHouse(t testing.TB, s *sink) *house {
	t.Helper()
	d := &domains.Domain{Name: "example.com", Destination: s.start(t), Settings: domains.DefaultSettings()}
	d.Settings.CatchAllCheck = false
	h := &house{log: new(buffer)}
	h.serve(t, []*domains.Domain{d}, plan{quiet: true, settings: func(s *gateway.Settings) { s.MaxMessageSize = 64 << 20 }})
	return h
}

// A message of any size passes with the same bounded memory.
func TestMessageSizeCostsNoMemory(t *testing.T) {
	const many = 40 << 20
	line := append(bytes.Repeat([]byte("x"), 1022), "\r\n"...)
	block := bytes.Repeat(line, 1024) // 1 MiB
	data := func(t *testing.T, c *client, size int) {
		c.ask("DATA", "354")
		for range size / len(block) {
			c.conn.Write(block)
		}
		c.send(".\r\n")
		c.expect("250")
	}
	chunk := func(t *testing.T, c *client, size int) {
		c.say("BDAT " + strconv.Itoa(size) + " LAST")
		for range size / len(block) {
			c.conn.Write(block)
		}
		c.expect("250")
	}
	chunks := func(t *testing.T, c *client, size int) {
		for left := size / len(block); left > 0; left -= min(left, 8) {
			c.say("BDAT " + strconv.Itoa(min(left, 8)*len(block)))
			for range min(left, 8) {
				c.conn.Write(block)
			}
			c.expect("250")
		}
		c.ask("BDAT 0 LAST", "250")
	}
	for name, tt := range map[string]struct {
		extensions string
		pass       func(t *testing.T, c *client, size int)
	}{
		"DATA":                 {"", data},
		"BDAT":                 {"250-CHUNKING\r\n250-PIPELINING\r\n", chunk},
		"BDAT, many chunks":    {"250-CHUNKING\r\n250-PIPELINING\r\n", chunks},
		"BDAT, passed as DATA": {"", chunk},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sink{extensions: tt.extensions}
			c := sinkHouse(t, s).dial(t)
			c.ask("EHLO client.example", "250")
			pass := func(size int) uint64 {
				c.say("MAIL FROM:<sender@elsewhere.example>", "RCPT TO:<john@example.com>")
				c.expect("250", "250")
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				tt.pass(t, c, size)
				runtime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc
			}
			pass(1 << 20)
			small := pass(1 << 20)
			large := pass(many)
			if s.octets < many {
				t.Fatalf("%d octets arrived", s.octets)
			}
			// All that was allocated, freed or not, by the client and the next hop too. A collection in between may
			// empty the pools of buffers.
			if more := int64(large) - int64(small); more > 256<<10 {
				t.Errorf("%d octets allocated for %d more of message", more, many-1<<20)
			}
		})
	}
}
