package api_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/store"
)

// replying is a destination that answers every RCPT by name, as a format of its path says, and closes behind a 421.
func replying(t *testing.T, format string) (port string) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go answerEach(conn, format)
		}
	}()
	_, port, err = net.SplitHostPort(ln.Addr().String())
	check(t, err)
	return port
}

func answerEach(conn net.Conn, format string) {
	defer conn.Close()
	fmt.Fprint(conn, "220 mx\r\n")
	for in := bufio.NewScanner(conn); in.Scan(); {
		switch line := in.Text(); {
		case strings.HasPrefix(line, "RCPT"):
			fmt.Fprintf(conn, format+"\r\n", line[strings.Index(line, "<"):])
			if strings.HasPrefix(format, "421") {
				return
			}
		case line == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

// Of a host that others share a domain user is told the kind of trouble, and neither the words, in which a recipient of
// others may be, nor their name for it. An admin reads all of it.
func TestTroubleOfASharedHostIsDiscreet(t *testing.T) {
	port := replying(t, "550 5.7.25 %s: Client host rejected")
	f := startWith(t, `
[[domain]]
name = "mine.example"
destinations = ["127.0.0.1:`+port+`"]
[[domain]]
name = "secret-customer.example"
destinations = ["localhost:`+port+`"]
deliver_to = ["hop.example"]
`, callout.Options{})
	f.decide(t, "a@mine.example")
	f.decide(t, "chief.executive@secret-customer.example")
	domain, admin := f.token(t, access.RoleDomain, false, "mine.example"), f.token(t, access.RoleAdmin, false)
	for _, path := range []string{"status", "domains", "domains/mine.example", "domains/mine.example/hosts", "alerts", "decisions"} {
		if r := f.send(t, request{method: "GET", path: "/api/v1/" + path, token: domain}); r.status != 200 ||
			strings.Contains(r.body, "secret-customer") || strings.Contains(r.body, "localhost") || strings.Contains(r.body, "chief") {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	if r := f.send(t, request{method: "GET", path: "/api/v1/domains/mine.example/hosts", token: domain}); !strings.Contains(r.body, `"kind":"about_us"`) ||
		!strings.Contains(r.body, "callout to 127.0.0.1:"+port+": rcpt: about us") {
		t.Errorf("a domain user: %s", r.body)
	}
	if r := f.send(t, request{method: "GET", path: "/api/v1/status", token: admin}); !strings.Contains(r.body, "5.7.25 \\u003cchief.executive@secret-customer.example\\u003e") {
		t.Errorf("an admin: %s", r.body)
	}
}

// A token for reading is answered from what is stored too, and sends no callout.
func TestReadingTokenIsAnsweredFromTheStore(t *testing.T) {
	now := time.Now()
	f := startStored(t, plain, callout.Options{}, store.Verdict{Domain: "example.com", Local: "stored", Status: store.Valid,
		Asked: now.Add(-time.Minute), Expires: now.Add(time.Hour), Code: 250, Text: "ok", Host: "mx:25"})
	token := f.token(t, access.RoleDomain, false, "example.com")
	r := f.send(t, request{method: "POST", path: "/api/v1/verify", token: token, body: `{"recipient":"stored@example.com"}`})
	if r.status != 200 || !strings.Contains(r.body, `"source":"cache"`) || !strings.Contains(r.body, `"action":"accept"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r = f.send(t, request{method: "POST", path: "/api/v1/verify", token: token, body: `{"recipient":"john@example.com"}`}); r.status != 403 {
		t.Errorf("what nobody knows: %d %s", r.status, r.body)
	}
}
