package cli

import (
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"

	"callout/internal/access"
	"callout/internal/api"
	"callout/internal/config"
)

// started is a server that runs until the end of the test.
func started(t *testing.T, c *config.Config) *server {
	t.Helper()
	s, err := newServer(t.Context(), c, slog.New(slog.DiscardHandler), new(slog.LevelVar))
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	t.Cleanup(s.shutdown)
	return s
}

// asked returns what an admin is answered by the API.
func (s *server) asked(method, path, body string) (status int, answer string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	root := &access.Actor{Name: "root", Role: access.RoleAdmin, Via: "socket"}
	w := httptest.NewRecorder()
	s.console.api.ServeHTTP(w, r.WithContext(api.WithActor(r.Context(), root)))
	return w.Code, w.Body.String()
}

// What `config check` refuses in a file is refused at run time too: a destination or next hop that is one of our listeners,
// wherever that listens in fact. A name that only DNS could say of that it leads here is taken.
func TestADestinationThatIsCalloutItselfIsRefusedAtRunTime(t *testing.T) {
	c, err := config.Parse("callout.toml", fmt.Appendf(nil, `hostname = "filter.example.net"
data_dir = %q
[policy]
listen = ["127.0.0.1:0"]
[gateway]
listen = ["0.0.0.0:0"]
[http]
listen = "127.0.0.1:0"
`, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	s := started(t, c)
	port := func(at fmt.Stringer) string { _, port, _ := strings.Cut(at.String(), "]:"); return port }
	gateway := port(s.gatewayListeners[0].Addr())
	policy, http := s.policyListeners[0].Addr().String(), s.httpListener.Addr().String()
	c.Gateway.Listen[0].Address = "0.0.0.0:" + gateway // so that the file says it, as it does where no port is drawn
	put := func(body string) (int, string) { return s.asked("PUT", "/api/v1/domains/example.com", body) }
	for _, refused := range []struct{ body, at, key, listener, mend string }{
		{`{"destinations":["%s"]}`, "127.0.0.1:" + gateway, "destinations", "gateway.listen", "the server that holds the mailboxes"},
		{`{"destinations":["%s"]}`, "localhost:" + gateway, "destinations", "gateway.listen", "the server that holds the mailboxes"},
		{`{"destinations":["mx.example.com",["192.0.2.1","%s"]]}`, "filter.example.net:" + gateway, "destinations", "gateway.listen", "the server that holds the mailboxes"},
		{`{"destinations":["lmtp://%s"]}`, policy, "destinations", "policy.listen", "the server that holds the mailboxes"},
		{`{"mode":"off","deliver_to":["%s"]}`, http, "deliver_to", "http.listen", "the server that mail goes to"},
	} {
		status, body := put(fmt.Sprintf(refused.body, refused.at))
		want := fmt.Sprintf(`%s\" is Callout itself, its %s; name %s`, refused.at, refused.listener, refused.mend)
		if status != 422 || !strings.Contains(body, want) || !strings.Contains(body, `"field":"`+refused.key+`"`) {
			t.Errorf("%s: %d %s; want %s", refused.at, status, body, want)
		}
	}
	if d := s.domains.Lookup("example.com"); d != nil {
		t.Error("it is served all the same")
	}
	for _, taken := range []string{"127.0.0.1:1", "mx:", "mx.filter.example.net:" + gateway, "192.0.2.1:" + gateway} {
		if status, body := put(`{"destinations":["` + taken + `"]}`); status != 200 && status != 201 {
			t.Errorf("%s: %d %s", taken, status, body)
		}
	}
}

// What the gateway finds out about a next hop is seen in status.
func TestANextHopThatIsAwayIsSeen(t *testing.T) {
	away, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away.Close()
	c, err := config.Parse("callout.toml", fmt.Appendf(nil, `hostname = "filter.example.net"
data_dir = %q
policy.listen = []
gateway.listen = ["127.0.0.1:0"]
http.listen = ""
[[domain]]
name = "example.com"
mode = "off"
deliver_to = [%q]
`, t.TempDir(), away.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	s := started(t, c)
	client, err := smtp.Dial(s.gatewayListeners[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Mail("jane@example.org"); err != nil {
		t.Fatal(err)
	}
	if err := client.Rcpt("john@example.com"); err == nil || !strings.HasPrefix(err.Error(), "451") {
		t.Fatal(err)
	}
	at := away.Addr().String()
	want := `"next_hops":[{"hosts":["` + at + `"],"domains":["example.com"],"state":"unreachable"`
	if status, body := s.asked("GET", "/api/v1/status", ""); status != 200 || !strings.Contains(body, want) {
		t.Errorf("status: %d %s; want %s", status, body, want)
	}
}
