package api_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callout/internal/callout"
	"callout/internal/operate"
	"callout/internal/verify"
)

func TestPauses(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	refused := func(recipient string) bool {
		t.Helper()
		d := f.decide(t, recipient)
		if d.Action != verify.Reject && d.Would != verify.Reject {
			t.Errorf("%s: %+v", recipient, d)
		}
		return d.Action == verify.Reject
	}
	if !refused("a@example.com") || !refused("a@example.org") {
		t.Fatal("not enforced from the start")
	}
	f.steps(t, []step{
		{"PUT", "domains/example.org/pause", `{"for":"1h"}`, 200, []string{`{"domain":"example.com","since":"`, `"until":"`}},
		{"GET", "domains/example.com", "", 200, []string{`"enforce":true,"paused":{"domain":"example.com"`}},
		{"GET", "domains", "", 200, []string{`"paused":{"domain":"example.com"`}},
		{"GET", "alerts", "", 200, []string{`{"alerts":[{"kind":"paused","domain":"example.com","since":"`, "callout resume --domain example.com"}},
	})
	if refused("a@example.com") || refused("a@example.org") {
		t.Error("a domain that is paused is enforced, or its alias")
	}
	f.steps(t, []step{
		{"PUT", "domains/example.com/pause", "", 200, []string{`{"domain":"example.com","since":"`}},
		{"PUT", "domains/example.com/pause", "{}", 200, []string{`{"domain":"example.com","since":"`}},
		{"GET", "alerts", "", 200, []string{"until it is ended"}},
		{"PUT", "pause", `{"for":"30m"}`, 200, []string{`{"since":"`}},
		{"DELETE", "domains/example.org/pause", "", 200, []string{`{"resumed":"example.com","was_paused":true,"paused":{"since":"`}},
	})
	if refused("a@example.com") {
		t.Error("enforced while everything is paused")
	}
	f.steps(t, []step{
		{"DELETE", "pause", "", 200, []string{`{"resumed":"everything","was_paused":true}`}},
		{"DELETE", "pause", "", 200, []string{`{"resumed":"everything","was_paused":false}`}},
		{"DELETE", "domains/example.com/pause", "", 200, []string{`{"resumed":"example.com","was_paused":false}`}},
		{"GET", "alerts", "", 200, []string{`{"alerts":[]}`}},
	})
	if !refused("a@example.com") || !refused("a@example.org") {
		t.Error("not enforced after it has been resumed")
	}
	f.steps(t, []step{
		{"PUT", "pause", `{"for":"2 hours"}`, 422, []string{`2 hours`, "is no duration", "write for example 30m or 48h"}},
		{"PUT", "pause", `{"for":"0s"}`, 422, []string{"is no duration"}},
		{"PUT", "pause", `{"for":"-1h"}`, 422, []string{"is no duration"}},
		{"PUT", "pause", `{"for":"100000h"}`, 422, []string{"is no duration"}},
		{"PUT", "pause", `{"for":3600}`, 422, []string{"for does not take a number"}},
		{"PUT", "pause", `{"until":"tomorrow"}`, 422, []string{`unknown field \"until\"`}},
		{"PUT", "domains/elsewhere.example/pause", `{}`, 404, []string{"is not served"}},
		{"DELETE", "domains/elsewhere.example/pause", "", 404, []string{"is not served"}},
		{"GET", "alerts", "", 200, []string{`{"alerts":[]}`}},
	})
}

// status reads how everything stands.
func (f *fixture) status(t *testing.T) operate.Status {
	t.Helper()
	code, _, body := f.do(t, "GET", "status", "")
	var s operate.Status
	if err := json.Unmarshal([]byte(body), &s); err != nil || code != http.StatusOK {
		t.Fatalf("%d %s: %v", code, body, err)
	}
	return s
}

const several = listed + `
[[domain]]
name = "quiet.example"
mode = "list"
enforce = false
[[domain]]
name = "catchall.example"
destinations = ["HOST"]
`

func TestStatusOfDomains(t *testing.T) {
	f := startWith(t, several, callout.Options{})
	f.decide(t, "john@example.com")
	f.decide(t, "nobody@example.com")
	f.decide(t, "john@example.org")
	f.decide(t, "anyone@catchall.example")
	f.steps(t, []step{{"PUT", "domains/catchall.example/pause", `{"for":"1h"}`, 200, nil}})
	s := f.status(t)
	if len(s.Domains) != 4 {
		t.Fatalf("%+v", s.Domains)
	}
	paused := s.Domains[0].Paused
	if paused == nil || paused.Domain != "catchall.example" || time.Until(paused.Until) < 50*time.Minute {
		t.Errorf("%+v", paused)
	}
	s.Domains[0].Paused = nil
	want := []operate.DomainStatus{
		{Name: "catchall.example", Mode: "callout", CatchAll: "yes", Verdicts: operate.Held{Valid: 1}, Enforce: true},
		{Name: "example.com", Aliases: []string{"example.org"}, Mode: "list+callout", Recipients: 2, CatchAll: "no",
			Verdicts: operate.Held{Valid: 1, Invalid: 1}, Enforced: true, Enforce: true},
		{Name: "example.org", AliasOf: "example.com", Mode: "list+callout", Recipients: 2, CatchAll: "no",
			Verdicts: operate.Held{Valid: 1}, Enforced: true, Enforce: true},
		{Name: "quiet.example", Mode: "list", CatchAll: "unknown"},
	}
	for i := range want {
		got, _ := json.Marshal(s.Domains[i])
		if w, _ := json.Marshal(want[i]); string(got) != string(w) {
			t.Errorf("got  %s\nwant %s", got, w)
		}
	}
	var kinds []string
	for _, a := range s.Alerts {
		kinds = append(kinds, a.Kind+" "+a.Domain)
	}
	if !slices.Equal(kinds, []string{"paused catchall.example", "list_empty quiet.example"}) {
		t.Errorf("%v", kinds)
	}
}

// What was learned is worded, and forgotten by any name that leads to the host.
func TestStatusOfHosts(t *testing.T) {
	at := time.Now().Truncate(time.Second)
	learned := func(host string, l callout.Limit, n int, reply string) callout.Learned {
		return callout.Learned{Address: host, Limit: l, N: n, Reply: reply, At: at, Expires: at.Add(time.Hour)}
	}
	var forgotten []callout.Learned
	f := startWith(t, several, callout.Options{
		Learned: []callout.Learned{
			learned("192.0.2.1:25", callout.Several, 37, "250 2.1.5 Ok"),
			learned("192.0.2.1:25", callout.Recipients, 1, "452 4.5.3 Too many recipients"),
			learned("192.0.2.1:25", callout.Rejections, 5, "421 4.7.0 Too many errors"),
			learned("192.0.2.1:25", callout.Resets, 1, "421 4.7.0 Bye"),
			learned("192.0.2.1:25", callout.Sessions, 3, "421 4.7.0 Too many connections"),
			learned("192.0.2.1:25", callout.NoTLS, 0, "tls: handshake failure"),
			learned("[2001:db8::1]:25", callout.Recipients, 10, "452 4.5.3 Too many recipients"),
		},
		Remember: func(l callout.Learned) {
			if l.Expires.IsZero() {
				forgotten = append(forgotten, l)
			}
		},
	})
	f.decide(t, "john@example.com")
	s := f.status(t)
	if len(s.Hosts) != 3 {
		t.Fatalf("%+v", s.Hosts)
	}
	host := s.Hosts[slices.IndexFunc(s.Hosts, func(h operate.Host) bool { return h.Address == f.host })]
	if host.State != "up" || host.Since.IsZero() || host.SessionLimit != 5 || host.Problem != nil || !slices.Equal(host.Names, []string{f.host}) {
		t.Errorf("%+v", host)
	}
	known := s.Hosts[slices.IndexFunc(s.Hosts, func(h operate.Host) bool { return h.Address == "192.0.2.1:25" })]
	var texts []string
	for _, l := range known.Learned {
		texts = append(texts, l.Text)
		if l.Reply == "" || !l.At.Equal(at) || !l.Expires.Equal(at.Add(time.Hour)) {
			t.Errorf("%+v", l)
		}
	}
	want := []string{"is asked without TLS, since its handshake fails", "takes one recipient in a transaction", "closes after 5 refused recipients",
		"closes after one reset (RSET)", "takes 3 sessions at a time", "takes several recipients in a transaction, 37 so far"}
	if known.State != "unknown" || !slices.Equal(texts, want) {
		t.Errorf("%s, %q", known.State, texts)
	}
	f.steps(t, []step{
		{"DELETE", "status/hosts/192.0.2.1", "", 200, []string{`{"forgotten":["192.0.2.1:25"]}`}},
		{"DELETE", "status/hosts/192.0.2.1:26", "", 404, []string{"no host goes by the name", "192.0.2.1:26"}},
		{"DELETE", "status/hosts/" + url.PathEscape("[2001:DB8:0::1]"), "", 200, []string{`{"forgotten":["[2001:db8::1]:25"]}`}},
		{"DELETE", "status/hosts/" + f.host, "", 200, []string{`{"forgotten":["HOST"]}`}},
		{"DELETE", "status/hosts/" + url.PathEscape("smtps://mx.example.com:465"), "", 404, []string{"no host goes by the name", "smtps://mx.example.com:465"}},
	})
	if len(forgotten) != 7 {
		t.Errorf("%+v", forgotten)
	}
	for _, h := range f.status(t).Hosts {
		if len(h.Learned) > 0 {
			t.Errorf("%+v", h)
		}
	}
}

// A destination that is Callout itself is an alert, and says so in its problem.
func TestLoopAlert(t *testing.T) {
	var mended atomic.Bool
	f := startWith(t, several, callout.Options{Own: func(netip.AddrPort) bool { return !mended.Load() }})
	if d := f.decide(t, "john@example.com"); d.Action != verify.Defer {
		t.Fatalf("%+v", d)
	}
	s := f.status(t)
	i := slices.IndexFunc(s.Alerts, func(a operate.Alert) bool { return a.Kind == "loop" })
	if i < 0 || s.Alerts[i].Host != f.host || !strings.Contains(s.Alerts[i].Text, f.host+" is Callout itself") {
		t.Fatalf("%+v", s.Alerts)
	}
	if len(s.Hosts) != 1 || s.Hosts[0].State == "up" || s.Hosts[0].Problem == nil || s.Hosts[0].Problem.Kind != "loop" {
		t.Errorf("%+v", s.Hosts)
	}
	f.steps(t, []step{{"GET", "alerts", "", 200, []string{`"kind":"loop","host":"HOST"`}}})

	// Once it answers, the problem is history and no alert.
	mended.Store(true)
	f.steps(t, []step{{"DELETE", "status/hosts/" + f.host, "", 200, nil}})
	if d := f.decide(t, "other@example.com"); d.Action != verify.Reject {
		t.Errorf("%+v", d)
	}
	s = f.status(t)
	if slices.ContainsFunc(s.Alerts, func(a operate.Alert) bool { return a.Kind == "loop" }) || s.Hosts[0].State != "up" || s.Hosts[0].Problem == nil {
		t.Errorf("%+v", s)
	}
}

// A problem stands there in its own words until the host answers as it should.
func TestHostProblem(t *testing.T) {
	f := startWith(t, strings.ReplaceAll(plain, "HOST", "127.0.0.1:1"), callout.Options{})
	f.decide(t, "john@example.com")
	hosts := f.status(t).Hosts
	if len(hosts) != 1 || hosts[0].State != "back_off" || hosts[0].RetryAt.IsZero() || hosts[0].Problem == nil {
		t.Fatalf("%+v", hosts)
	}
	if p := hosts[0].Problem; p.Kind != "no_connection" || p.Stage != "connect" || !strings.Contains(p.Text, "connection refused") || p.At.IsZero() {
		t.Errorf("%+v", p)
	}
}
