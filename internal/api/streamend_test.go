package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"callout/internal/access"
	"callout/internal/api"
	"callout/internal/callout"
)

// listenWith opens the stream of decisions with a token. It has begun when listenWith returns.
func (f *fixture) listenWith(t *testing.T, token string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	req, err := http.NewRequestWithContext(ctx, "GET", f.open+"/api/v1/decisions", nil)
	check(t, err)
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	l := &listener{t: t, lines: bufio.NewScanner(resp.Body), header: resp.Header, close: func() { cancel(); resp.Body.Close() }}
	t.Cleanup(l.close)
	if e, ok := l.next(); !ok || e != (event{}) || resp.StatusCode != 200 {
		t.Fatalf("%s %+v", resp.Status, e)
	}
	return l
}

// A stream ends with its token, and tells nothing more but that.
func TestAStreamEndsWithItsToken(t *testing.T) {
	ctx := context.Background()
	for name, end := range map[string]func(f *fixture, id string) error{
		"revoked":           func(f *fixture, id string) error { return f.access.DeleteToken(ctx, id) },
		"its owner is gone": func(f *fixture, _ string) error { return f.access.DeleteUser(ctx, "anna") },
	} {
		t.Run(name, func(t *testing.T) {
			f := startWith(t, twoDomains, callout.Options{})
			f.steps(t, []step{{"PUT", "users/anna", `{"role":"domain","domains":["example.com"],"password":"correct horse"}`, 201, nil}})
			secret, made, err := f.access.CreateToken(ctx, access.Token{Label: "hers", Owner: "anna", Role: access.RoleDomain})
			check(t, err)
			l, socket := f.listenWith(t, secret), f.listen(t, "GET", "decisions", "", "")
			socket.next()
			f.decide(t, "john@example.com")
			if e := l.event(); !strings.Contains(e.data, "john@example.com") {
				t.Fatalf("%+v", e)
			}
			check(t, end(f, made.ID))
			f.decide(t, "nobody@example.com")
			e := l.event()
			var p api.Problem
			check(t, json.Unmarshal([]byte(e.data), &p))
			if e.name != "problem" || p.Status != 401 || strings.Contains(e.data, "nobody") {
				t.Errorf("%+v", e)
			}
			if e, ok := l.next(); ok {
				t.Errorf("it goes on with %+v", e)
			}
			socket.event()
			if e := socket.event(); !strings.Contains(e.data, "nobody@example.com") {
				t.Errorf("that of the socket: %+v", e)
			}
		})
	}
}

// What a stream tells is what its token may see when it is told.
func TestAStreamFollowsWhatItsTokenMaySee(t *testing.T) {
	f := startWith(t, twoDomains, callout.Options{})
	f.steps(t, []step{{"PUT", "users/anna", `{"role":"domain","domains":["example.com"],"password":"correct horse"}`, 201, nil}})
	secret, _, err := f.access.CreateToken(context.Background(), access.Token{Label: "hers", Owner: "anna", Role: access.RoleDomain})
	check(t, err)
	l := f.listenWith(t, secret)
	f.decide(t, "nobody@foreign.example")
	f.decide(t, "john@example.com")
	if e := l.event(); !strings.Contains(e.data, "john@example.com") {
		t.Errorf("%+v", e)
	}
	f.steps(t, []step{{"PATCH", "users/anna", `{"domains":["foreign.example"]}`, 200, nil}})
	f.decide(t, "nobody@example.com")
	f.decide(t, "john@foreign.example")
	if e := l.event(); !strings.Contains(e.data, "john@foreign.example") {
		t.Errorf("%+v", e)
	}
}
