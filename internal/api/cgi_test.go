package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"callout/internal/access"
	"callout/internal/callout"
)

// The calls of SpamExperts' Software API, one after the other, as an add-on makes them.
func TestCGI(t *testing.T) {
	f := startWith(t, twoDomains, callout.Options{})
	admin, domain := f.token(t, access.RoleAdmin, true), f.token(t, access.RoleDomain, true, "example.com")
	reads := f.token(t, access.RoleAdmin, false)
	f.decide(t, "john@example.com")
	for _, c := range []struct {
		token, query string
		status       int
		want         string // of the text; "=": all of it
	}{
		{admin, "call=api_list_domains", 200, "=example.com\nforeign.example\n"},
		{domain, "call=api_list_domains", 200, "=example.com\n"},
		{admin, "call=api_add_incoming_domain&domain=new.example&destination=mx.new.example", 200, "=SUCCESS: domain new.example is added\n"},
		{admin, "call=api_add_incoming_domain&domain=new.example&destination=mx.new.example", 409, "ERROR: domain new.example is served already"},
		{admin, "call=api_get_destination&domain=new.example", 200, "=mx.new.example:25\n"},
		{admin, "call=api_set_destination&domain=new.example&destination=mx.new.example::2525,192.0.2.1", 200, "=SUCCESS: destination of new.example is set\n"},
		{admin, "call=api_get_destination&domain=new.example", 200, "=mx.new.example:2525,192.0.2.1:25\n"},
		{admin, "call=api_set_destination&domain=new.example&destination=a b", 422, "ERROR: "},
		{admin, "call=api_set_destination&domain=example.com&destination=mx.new.example", 409, "in the configuration file"},
		{admin, "call=api_set_destination&domain=example.org&destination=mx.new.example", 422, "an alias of example.com"},
		{domain, "call=api_set_destination&domain=example.com&destination=mx.new.example", 403, "ERROR: set domain is not for you"},
		{domain, "call=api_add_incoming_domain&domain=other.example&destination=mx.new.example", 403, "ERROR: "},
		{domain, "call=api_get_destination&domain=new.example", 404, "ERROR: domain new.example is not served"},
		{domain, "call=api_clear_callout_cache&domain=new.example", 404, "ERROR: "},
		{reads, "call=api_clear_callout_cache&domain=example.com", 403, "ERROR: "},
		{domain, "call=api_clear_callout_cache&domain=example.com", 200, "SUCCESS: callout cache of example.com is cleared; verdicts that were stored: 1\n"},
		{admin, "call=api_remove_domain&domain=new.example", 200, "=SUCCESS: domain new.example is removed\n"},
		{admin, "call=api_remove_domain&domain=new.example", 404, "ERROR: "},
		{admin, "call=api_help", 200, "api_clear_callout_cache(domain): "},
		{admin, "call=api_reboot", 400, "api_help lists them"},
		{admin, "", 400, "ERROR: "},
		{admin, "call=api_list_domains&domain=example.com", 400, `does not take "domain"`},
		{admin, "call=api_get_destination", 400, "needs domain"},
		{admin, "call=api_get_destination&domain=a&domain=b", 400, "2 times"},
		{admin, "call=api_get_destination&domain=-", 400, "is not a domain name"},
		{"callout_wrong", "call=api_list_domains", 401, "ERROR: the token is unknown"},
	} {
		r := f.cgi(t, c.token, c.query, nil)
		text, all := strings.CutPrefix(c.want, "=")
		if r.status != c.status || all && r.body != text || !strings.Contains(r.body, text) || r.header.Get("Content-Type") != "text/plain; charset=utf-8" ||
			(r.status == 401) != strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: %d %v %q; want %d %q", c.query, r.status, r.header, r.body, c.status, c.want)
		}
	}
	f.steps(t, []step{{"GET", "verdicts/john@example.com", "", 200, []string{`"status":"unknown"`}}})
}

// A call that a page of another site makes a browser ask is refused, though the browser knows the token.
func TestCGIFromElsewhere(t *testing.T) {
	f := startWith(t, twoDomains, callout.Options{})
	token := f.token(t, access.RoleAdmin, true)
	before := f.state(t)
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
		{"Origin": "http://evil.example"}, {"Origin": "null"},
		{"Referer": "http://evil.example/"}, {"Referer": "http://evil.example/?" + f.open}, {"Referer": "about:blank"}, {"Referer": "%"},
	} {
		r := f.cgi(t, token, "call=api_add_incoming_domain&domain=evil.example&destination=mx.evil.example", header)
		if r.status != 403 {
			t.Errorf("%v: %d %s", header, r.status, r.body)
		}
	}
	for _, header := range []map[string]string{
		nil, {"Origin": f.open}, {"Referer": f.open + "/"}, {"Sec-Fetch-Site": "none"},
		{"Sec-Fetch-Site": "same-origin", "Referer": "http://evil.example/"}, // where the server stands behind a proxy, for one
	} {
		if r := f.cgi(t, token, "call=api_get_destination&domain=example.com", header); r.status != 200 {
			t.Errorf("%v: %d %s", header, r.status, r.body)
		}
	}
	if f.state(t) != before {
		t.Error("it was done")
	}
}

// Settings that a call does not name stay.
func TestCGIKeepsSettings(t *testing.T) {
	f := start(t)
	f.steps(t, []step{{"PUT", "domains/new.example", `{"destinations":["mx.new.example"],"aliases":["alias.example"],"on_unknown":"accept"}`, 201, nil}})
	if r := f.cgi(t, f.token(t, access.RoleAdmin, true), "call=api_set_destination&domain=new.example&destination=[2001:db8::1]:2525", nil); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	f.steps(t, []step{{"GET", "domains/new.example", "", 200, []string{`"aliases":["alias.example"]`, `"on_unknown":"accept"`, `"destinations":[["[2001:db8::1]:2525"]]`}}})
}

// cgi makes a call with a token as the password.
func (f *fixture) cgi(t *testing.T, token, query string, header map[string]string) reply {
	t.Helper()
	values, err := url.ParseQuery(query)
	check(t, err)
	req, err := http.NewRequest("GET", f.open+"/cgi-bin/api?"+values.Encode(), nil)
	check(t, err)
	req.SetBasicAuth("panel", token)
	h := map[string]string{"Authorization": req.Header.Get("Authorization")}
	for name, value := range header {
		h[name] = value
	}
	return f.send(t, request{method: "GET", path: "/cgi-bin/api?" + values.Encode(), header: h})
}
