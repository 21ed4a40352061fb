package api_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"callout/internal/access"
	"callout/internal/callout"
)

// What a host has said to a recipient of others, and is left alone for, nobody else is told: not by the API, and not at SMTP
// where a domain passes on what its destination says. They are told that it was not asked, and why.
func TestHostThatOthersHadLeftAloneIsDiscreet(t *testing.T) {
	port := replying(t, "421 4.7.0 too many errors %s")
	f := startWith(t, `
[[domain]]
name = "victim2.example"
destinations = ["127.0.0.1:`+port+`"]
catch_all_check = false
[[domain]]
name = "mine.example"
destinations = ["127.0.0.1:`+port+`"]
reply_text = "destination"
catch_all_check = false
`, callout.Options{})
	domain, admin := f.token(t, access.RoleDomain, true, "mine.example"), f.token(t, access.RoleAdmin, false)
	f.decide(t, "topsecret@victim2.example")
	r := f.send(t, request{method: "POST", path: "/api/v1/verify", token: domain, body: `{"recipient":"john@mine.example"}`})
	told := func(what, body string) {
		t.Helper()
		if strings.Contains(body, "topsecret") || strings.Contains(body, "victim2") || strings.Contains(body, "too many") {
			t.Errorf("%s tells %s", what, body)
		}
	}
	told("verify", r.body)
	for _, want := range []string{`"told":"451 4.4.2 recipient can't be verified now, try again later"`, `"source":"none"`, `"reason":"closed"`,
		"The destination was not asked whether it exists: callout to 127.0.0.1:" + port + ": left alone since ", "(rcpt: closed, 421 4.7.0)."} {
		if !strings.Contains(r.body, want) {
			t.Errorf("verify lacks %s: %s", want, r.body)
		}
	}
	for _, path := range []string{"status", "domains", "domains/mine.example", "domains/mine.example/hosts", "alerts", "decisions"} {
		r := f.send(t, request{method: "GET", path: "/api/v1/" + path, token: domain})
		told(path, r.body)
		if r.status != 200 {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	if r := f.send(t, request{method: "GET", path: "/api/v1/status", token: admin}); !strings.Contains(r.body, "topsecret@victim2.example") {
		t.Errorf("an admin: %s", r.body)
	}
}

// nowhere is a resolver that knows no name.
type nowhere struct{}

func (nowhere) LookupHost(_ context.Context, name string) ([]string, error) {
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (nowhere) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// A name without an address is in trouble under that name, for the domain as for the host.
func TestNameWithoutAnAddressIsFoundUnderIt(t *testing.T) {
	f := startWith(t, `
[[domain]]
name = "mine.example"
destinations = ["nohost.invalid"]
`, callout.Options{Resolver: nowhere{}})
	f.decide(t, "john@mine.example")
	admin := f.token(t, access.RoleAdmin, false)
	for path, want := range map[string]string{
		"status":                        `"names":["nohost.invalid:25"]`,
		"status?":                       `"domains":["mine.example"]`,
		"domains/mine.example/hosts":    `"state":"trouble"`,
		"domains/mine.example":          `"word":"unreachable"`,
		"decisions?domain=mine.example": "nohost.invalid:25: connect: DNS has no address for it",
	} {
		if r := f.send(t, request{method: "GET", path: "/api/v1/" + path, token: admin}); r.status != 200 || !strings.Contains(r.body, want) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}
