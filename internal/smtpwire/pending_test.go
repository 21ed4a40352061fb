package smtpwire

import (
	"crypto/tls"
	"net"
	"testing"
	"time"
)

// What waits on a connection is told, and still there afterwards.
func TestPending(t *testing.T) {
	client, server := pair(t)
	await := func(octets, end bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; {
			o, e := Pending(server)
			if o == octets && e == end {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%v, %v; want %v, %v", o, e, octets, end)
			}
		}
	}
	await(false, false)
	client.Write([]byte("x"))
	await(true, false)
	client.Close()
	await(true, false) // the octet comes first
	if n, err := server.Read(make([]byte, 10)); n != 1 || err != nil {
		t.Fatalf("%d octets, %v", n, err)
	}
	await(false, true)
	if o, e := Pending(&net.IPConn{}); o || !e {
		t.Errorf("a closed connection: %v, %v", o, e)
	}
	pipe, _ := net.Pipe()
	if done, broken := Peer(pipe); done || broken {
		t.Errorf("no socket: %v, %v", done, broken)
	}
	if o, e := Pending(pipe); o || e {
		t.Errorf("no socket: %v, %v", o, e)
	}
}

// How the other side is can be told though octets that it sent are unread, under TLS and other wrapping too.
func TestPeer(t *testing.T) {
	for name, end := range map[string]struct {
		by           func(*net.TCPConn)
		done, broken bool
	}{
		"half-closed": {func(c *net.TCPConn) { c.CloseWrite() }, true, false},
		"reset":       {func(c *net.TCPConn) { c.SetLinger(0); c.Close() }, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			client, server := pair(t)
			within := tls.Server(server, &tls.Config{})
			if done, broken := Peer(within); done || broken {
				t.Errorf("before: %v, %v", done, broken)
			}
			client.Write([]byte("x"))
			end.by(client.(*net.TCPConn))
			for deadline := time.Now().Add(10 * time.Second); ; {
				done, broken := Peer(within)
				if done == end.done && broken == end.broken {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("%v, %v", done, broken)
				}
			}
		})
	}
}

// pair returns the two ends of a connection.
func pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}
