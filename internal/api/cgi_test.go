package api_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
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
		{admin, "call=api_get_destination&domain=%ff", 400, "domain is not in UTF-8"},
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

// The calls are made by GET: by HEAD nothing is done.
func TestCGITakesGetAlone(t *testing.T) {
	f := start(t)
	token := f.token(t, access.RoleAdmin, true)
	before := f.state(t)
	for _, method := range []string{"HEAD", "POST", "PUT"} {
		r := f.send(t, request{method: method, path: "/cgi-bin/api?call=api_add_incoming_domain&domain=new.example&destination=192.0.2.1", token: token})
		if r.status != 405 || r.header.Get("Allow") != "GET" {
			t.Errorf("%s: %d, Allow %q", method, r.status, r.header.Get("Allow"))
		}
	}
	if f.state(t) != before {
		t.Error("it was done")
	}
}

// Of those who add a domain at the same time one does, and the others are told so, whichever way.
func TestADomainIsAddedOnce(t *testing.T) {
	f := start(t)
	token := f.token(t, access.RoleAdmin, true)
	const n = 8
	for name, c := range map[string]struct {
		add   func(i int) int
		taken int
	}{
		"calls.example": {func(i int) int {
			return f.cgi(t, token, fmt.Sprintf("call=api_add_incoming_domain&domain=calls.example&destination=192.0.2.%d", i), nil).status
		}, 409},
		"put.example": {func(i int) int {
			r := f.send(t, request{method: "PUT", path: "domains/put.example", body: fmt.Sprintf(`{"destinations":["192.0.2.%d"]}`, i),
				header: map[string]string{"If-None-Match": "*"}})
			if r.status == 201 {
				return 200
			}
			return r.status
		}, 412},
	} {
		statuses := make(chan int, n)
		for i := range n {
			go func() { statuses <- c.add(i) }()
		}
		got := map[int]int{}
		for range n {
			got[<-statuses]++
		}
		if got[200] != 1 || got[c.taken] != n-1 {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, there := range []string{"example.com", "put.example"} {
		r := f.send(t, request{method: "PUT", path: "domains/" + there, body: `{"destinations":["192.0.2.99"]}`, header: map[string]string{"If-None-Match": "*"}})
		if p := isProblem(t, there, r); p.Status != 412 {
			t.Errorf("%s: %d %s", there, r.status, r.body)
		}
	}
}

// The list of destinations does not say which are of equal priority: set as it was got, it leaves them so.
func TestCGIKeepsGroupsOfEqualPriority(t *testing.T) {
	f := start(t)
	token := f.token(t, access.RoleAdmin, true)
	f.steps(t, []step{{"PUT", "domains/new.example", `{"destinations":[["a.example","b.example:2525"],"c.example"]}`, 201, nil}})
	got := strings.TrimSpace(f.cgi(t, token, "call=api_get_destination&domain=new.example", nil).body)
	if got != "a.example:25,b.example:2525,c.example:25" {
		t.Errorf("%q", got)
	}
	for _, c := range []struct{ set, want string }{
		{got, `"destinations":[["a.example:25","b.example:2525"],["c.example:25"]]`},
		{strings.ReplaceAll(got, ":", "::"), `"destinations":[["a.example:25","b.example:2525"],["c.example:25"]]`},
		{"b.example:2525,a.example:25,c.example:25", `"destinations":[["b.example:2525"],["a.example:25"],["c.example:25"]]`},
		{got, `"destinations":[["a.example:25"],["b.example:2525"],["c.example:25"]]`},
	} {
		if r := f.cgi(t, token, "call=api_set_destination&domain=new.example&destination="+c.set, nil); r.status != 200 {
			t.Errorf("%s: %d %s", c.set, r.status, r.body)
		}
		f.steps(t, []step{{"GET", "domains/new.example", "", 200, []string{c.want}}})
	}
	for _, c := range []struct {
		token, domain string
		status        int
	}{{f.token(t, access.RoleAdmin, false), "new.example", 403}, {f.token(t, access.RoleDomain, true, "new.example"), "new.example", 403}, {token, "example.com", 409}} {
		same := f.cgi(t, c.token, "call=api_get_destination&domain="+c.domain, nil).body
		if r := f.cgi(t, c.token, "call=api_set_destination&domain="+c.domain+"&destination="+strings.TrimSpace(same), nil); r.status != c.status {
			t.Errorf("what is there already, set by who may not: %d %s", r.status, r.body)
		}
	}
}

// Over plain HTTP from elsewhere a browser may not say which page asks: it gets no change then. Scripts are no browsers.
func TestCGIFromAnUnsaidPage(t *testing.T) {
	f := start(t)
	token := f.token(t, access.RoleAdmin, true)
	const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
	for _, c := range []struct {
		name, call, from, agent string
		tls                     bool
		header                  [2]string
		status                  int
	}{
		{"a browser", "api_clear_callout_cache", "192.0.2.1:4000", browser, false, [2]string{}, 403},
		{"another network", "api_clear_callout_cache", "[2001:db8::1]:4000", browser, false, [2]string{}, 403},
		{"a script", "api_clear_callout_cache", "192.0.2.1:4000", "curl/8.5.0", false, [2]string{}, 200},
		{"a script without a name", "api_clear_callout_cache", "192.0.2.1:4000", "", false, [2]string{}, 200},
		{"TLS", "api_clear_callout_cache", "192.0.2.1:4000", browser, true, [2]string{}, 200},
		{"this machine", "api_clear_callout_cache", "127.0.0.1:4000", browser, false, [2]string{}, 200},
		{"an own page", "api_clear_callout_cache", "192.0.2.1:4000", browser, false, [2]string{"Referer", "http://mx.example/"}, 200},
		{"nothing changes", "api_get_destination", "192.0.2.1:4000", browser, false, [2]string{}, 200},
	} {
		r := httptest.NewRequest("GET", "http://mx.example/cgi-bin/api?domain=example.com&call="+c.call, nil)
		r.RemoteAddr = c.from
		r.SetBasicAuth("panel", token)
		r.Header.Set("User-Agent", c.agent)
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if c.header[0] != "" {
			r.Header.Set(c.header[0], c.header[1])
		}
		w := httptest.NewRecorder()
		f.api.Handler().ServeHTTP(w, r)
		if w.Code != c.status || c.status == 403 && !strings.Contains(w.Body.String(), "use https") {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
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
