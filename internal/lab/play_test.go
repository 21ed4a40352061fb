package lab_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/lab"
)

const mx = "mx.example.com:25"

// play plays a script against a client and requires what Finish says of it: a part of the error, or "" for none.
func play(t *testing.T, script, want string, client func(t *testing.T, n *lab.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := lab.ParseScript(script)
		if err != nil {
			t.Fatal(err)
		}
		n := lab.NewNetwork(s)
		client(t, n)
		err = n.Finish()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("the script's end: %v; want %q", err, want)
		}
	})
}

// dial connects as whatever the script does not care about.
func dial(t *testing.T, n *lab.Network, addr string) net.Conn {
	t.Helper()
	conn, err := n.Dial(t.Context(), netip.Addr{}, addr)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// expect reads a line.
func expect(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	got, err := r.ReadString('\n')
	if err != nil || got != want+"\r\n" {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func TestADialogueIsPlayed(t *testing.T) {
	const script = `
== mx.example.com:25
S: 220 mx
C: EHLO *
quiet
S: 250 mx
C: QUIT
`
	for _, c := range []struct{ name, said, more, want string }{
		{"as it is written", "EHLO me\r\n", "QUIT\r\n", ""},
		{"something else", "HELO me\r\n", "", `the client said "HELO me"`},
		{"ahead", "EHLO me\r\nQUIT\r\n", "", "sent more ahead"},
		{"too little", "EHLO me\r\n", "", `should have said "QUIT"`},
		{"too much", "EHLO me\r\n", "QUIT\r\nNOOP\r\n", `said "NOOP"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, script, c.want, func(t *testing.T, n *lab.Network) {
				conn := dial(t, n, mx)
				defer conn.Close()
				r := bufio.NewReader(conn)
				expect(t, r, "220 mx")
				io.WriteString(conn, c.said)
				r.ReadString('\n')
				io.WriteString(conn, c.more)
			})
		})
	}
}

func TestConnectionsThatTheScriptDoesNotHave(t *testing.T) {
	play(t, "", "does not have", func(t *testing.T, n *lab.Network) {
		if _, err := n.Dial(t.Context(), netip.Addr{}, mx); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
	})
	play(t, "== mx.example.com:25", "never opened", func(*testing.T, *lab.Network) {})
}

func TestConnectionsThatDoNotComeAbout(t *testing.T) {
	play(t, "== mx.example.com:25\nrefuse\n== mx.example.com:25\ncannot bind\n== mx.example.com:25\nunreachable", "", func(t *testing.T, n *lab.Network) {
		ours := netip.MustParseAddr("192.0.2.7")
		if _, err := n.Dial(t.Context(), ours, mx); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("refuse: %v", err)
		}
		_, err := n.Dial(t.Context(), ours, mx)
		if !errors.Is(err, syscall.EADDRNOTAVAIL) || err.Error() != "dial tcp 192.0.2.7:0: bind: cannot assign requested address" {
			t.Errorf("cannot bind: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		if _, err := n.Dial(ctx, ours, mx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("unreachable: %v after %v", err, time.Since(start))
		}
	})
}

// "cannot bind" fails as the kernel does.
func TestCannotBindIsTheKernelsError(t *testing.T) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("192.0.2.7")}}
	_, want := d.Dial("tcp", "127.0.0.1:9")
	play(t, "== mx.example.com:25\ncannot bind", "", func(t *testing.T, n *lab.Network) {
		_, err := n.Dial(t.Context(), netip.MustParseAddr("192.0.2.7"), mx)
		if !errors.Is(want, syscall.EADDRNOTAVAIL) || err.Error() != strings.Replace(want.Error(), "->127.0.0.1:9", "", 1) {
			t.Errorf("%q; the kernel: %q", err, want)
		}
	})
}

func TestSourceIsDemanded(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"192.0.2.7", ""}, {"192.0.2.8", "comes from 192.0.2.8, not from 192.0.2.7"}, {"", "comes from invalid IP"},
	} {
		play(t, "== mx.example.com:25 from 192.0.2.7\nS: 220 mx\n== mx.example.com:25 goes on\nclose", c.want, func(t *testing.T, n *lab.Network) {
			source, _ := netip.ParseAddr(c.source)
			conn, err := n.Dial(t.Context(), source, mx)
			if (err == nil) != (c.want == "") {
				t.Errorf("from %q: %v", c.source, err)
			}
			if err == nil {
				expect(t, bufio.NewReader(conn), "220 mx")
			}
		})
	}
}

func TestSlowly(t *testing.T) {
	play(t, "== mx.example.com:25\nslowly 1s \"220 \\r\\n\"", "", func(t *testing.T, n *lab.Network) {
		conn := dial(t, n, mx)
		defer conn.Close()
		start := time.Now()
		for i := range 6 {
			if n, err := conn.Read(make([]byte, 10)); n != 1 || err != nil || time.Since(start) != time.Duration(i)*time.Second {
				t.Fatalf("%d octets, %v, after %v", n, err, time.Since(start))
			}
		}
	})
}

func TestEndless(t *testing.T) {
	const script = "== mx.example.com:25\nendless \"220-a\\r\\n\""
	play(t, script, "", func(t *testing.T, n *lab.Network) {
		conn := dial(t, n, mx)
		r := bufio.NewReader(conn)
		for range 100_000 {
			expect(t, r, "220-a")
		}
		conn.Close()
	})
	play(t, script, "has not gone away", func(t *testing.T, n *lab.Network) {
		conn := dial(t, n, mx)
		io.Copy(io.Discard, conn)
		conn.Close()
	})
}

// While the network stands still, clients may write and nothing answers them.
func TestHold(t *testing.T) {
	play(t, "== mx.example.com:25\nS: 220 mx\nC: NOOP\nS: 250 Ok\n== mx.example.com:25\nclose", "", func(t *testing.T, n *lab.Network) {
		conn := dial(t, n, mx)
		defer conn.Close()
		r := bufio.NewReader(conn)
		expect(t, r, "220 mx")
		n.Hold()
		var connected, answered bool
		go func() {
			io.WriteString(conn, "NOOP\r\n")
			expect(t, r, "250 Ok")
			answered = true
		}()
		go func() {
			dial(t, n, mx).Close()
			connected = true
		}()
		synctest.Wait()
		if connected || answered {
			t.Errorf("while the network stands still: connected %v, answered %v", connected, answered)
		}
		n.Release()
		synctest.Wait()
		if !connected || !answered {
			t.Errorf("then: connected %v, answered %v", connected, answered)
		}
	})
}
