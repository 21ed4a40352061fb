package policy

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/verify"

	"log/slog"
)

func FuzzReadRequest(f *testing.F) {
	for _, s := range []string{
		"request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=a@b.c\n\n", "request=smtpd_access_policy\r\n\r\n", "a=b\n\n", "\n", "=\n\n", "request=\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		br := newReader(strings.NewReader(s))
		var req request
		for range 1000 {
			err := readRequest(br, &req)
			if err == nil {
				if strings.ContainsAny(req.recipient+req.client+req.sender+req.state, "\n") {
					t.Fatalf("a value of two lines: %+v", req)
				}
				continue
			}
			var bad *malformed
			if !errors.Is(err, io.EOF) && !errors.As(err, &bad) {
				t.Fatal(err)
			}
			if strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Fatalf("the reason %q is not one clean line", err)
			}
			return
		}
	})
}

// A connection that asks nothing for an hour is closed; one that asks now and then is not.
func TestIdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, slog.New(slog.DiscardHandler), nil)
		conn, ours := net.Pipe()
		s.start(ours)
		ask := func() error {
			if _, err := io.WriteString(conn, "request=smtpd_access_policy\nprotocol_state=DATA\n\n"); err != nil {
				return err
			}
			buf := make([]byte, 100)
			n, err := conn.Read(buf)
			if err == nil && string(buf[:n]) != "action=DUNNO\n\n" {
				t.Errorf("%q", buf[:n])
			}
			return err
		}
		for range 3 {
			if err := ask(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(59 * time.Minute)
		}
		if err := ask(); err != nil {
			t.Fatalf("closed within the hour: %v", err)
		}
		time.Sleep(idleTime + renewEvery)
		synctest.Wait()
		if err := ask(); err == nil {
			t.Error("open after an idle hour")
		}
		s.Shutdown(context.Background())
	})
}

// Connections over the limit are closed at once; when others go there is room again.
func TestConnectionLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, slog.New(slog.DiscardHandler), nil)
		var open []net.Conn
		for range maxConnections {
			conn, ours := net.Pipe()
			s.start(ours)
			open = append(open, conn)
		}
		over, ours := net.Pipe()
		s.start(ours)
		if _, err := over.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("connection %d: %v", maxConnections+1, err)
		}
		open[0].Close()
		synctest.Wait()
		again, ours := net.Pipe()
		s.start(ours)
		io.WriteString(again, "request=smtpd_access_policy\n\n")
		if n, err := again.Read(make([]byte, 100)); err != nil {
			t.Errorf("after one has gone: %d, %v", n, err)
		}
		s.Shutdown(context.Background())
	})
}

func TestAppendAction(t *testing.T) {
	for _, a := range []verify.Action{verify.Accept, verify.NoOpinion} {
		if got := string(appendAction(nil, &verify.Decision{Action: a})); got != "action=DUNNO\n\n" {
			t.Errorf("%v: %q", a, got)
		}
	}
}

func BenchmarkReadRequest(b *testing.B) {
	text := "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=192.0.2.10\nclient_name=client.example.org\nclient_port=41234\nreverse_client_name=client.example.org\nserver_address=192.0.2.1\nserver_port=25\nhelo_name=client.example.org\nsender=someone@example.org\nrecipient=john@example.com\nrecipient_count=0\nqueue_id=\ninstance=1a2b.6543f210.5d2f3.0\nsize=0\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\nencryption_protocol=\nencryption_cipher=\nencryption_keysize=0\npolicy_context=\n\n"
	r := strings.NewReader(text)
	br := newReader(r)
	var req request
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(text)
		br.Reset(r)
		if err := readRequest(br, &req); err != nil {
			b.Fatal(err)
		}
	}
}
