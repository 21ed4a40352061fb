package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
)

// What can't be used is named, and changes nothing.
func TestBadBodies(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	before := f.state(t)
	f.steps(t, []step{
		{"POST", "verify", `{"recipient":5}`, 422, []string{"recipient does not take a number", `"field":"recipient"`, "write for example"}},
		{"POST", "verify", `{"address":"a@example.com"}`, 422, []string{`unknown field \"address\"`, `"field":"address"`}},
		{"POST", "verify", ``, 422, []string{"recipient is missing"}},
		{"POST", "verify", `{"recipient":"a@example.com"} junk`, 422, []string{"the body can't be used"}},
		{"POST", "verify", `[]`, 422, []string{"it is no JSON object"}},
		{"POST", "verify", `recipient=a@example.com`, 422, []string{"write for example"}},
		{"POST", "verify", `{"recipient":"` + strings.Repeat("a", 1000) + `@example.com"}`, 400, []string{"longer than 255 octets"}},
		{"POST", "verify", `{"recipient":"<script>alert(1)</script>"}`, 400, []string{"address without a domain"}},
		{"POST", "tokens", `{"label":"x","role":"admin","expires":"tomorrow"}`, 422, []string{"tomorrow", "no time like 2027"}},
		{"POST", "tokens", `{"label":"x","role":"admin","expires":"2001-01-01T00:00:00Z"}`, 422, []string{`"field":"expires"`}},
		{"POST", "tokens", `{"label":"","role":"admin"}`, 422, []string{`"field":"label"`}},
		{"POST", "tokens", `{"label":"x","role":"domain","domains":["-"]}`, 422, []string{"is not a domain name"}},
		{"PUT", "users/anna", `{"role":"king","password":"correct horse"}`, 422, []string{`"field":"role"`}},
		{"PUT", "users/anna", `{"role":"admin","password":"short"}`, 422, []string{`"field":"password"`}},
		{"PUT", "users/an%20na", `{"role":"admin","password":"correct horse"}`, 422, []string{`"field":"name"`}},
		{"PUT", "domains/new.example", `{"destinations":["HOST"],"mode":"sometimes"}`, 422, []string{`"field":"mode"`}},
		{"PUT", "domains/new.example", `{"destinations":["HOST"],"mode":"sometimes","tls":"never"}`, 422, []string{`"field":"mode"`, `"field":"tls"`, `; domain new.example: tls`}},
		{"PUT", "domains/new.example", `{"destinations":["HOST"],"client_cert":"/etc/ssl/a.pem","client_key":"/etc/ssl/a.key"}`, 422, []string{`"field":"client_cert"`}},
		{"DELETE", "verdicts", `{}`, 400, []string{"takes no body"}},
		{"GET", "status", `{}`, 400, []string{"takes no body"}},
		{"GET", "status?verbose=1", "", 400, []string{`unknown query parameter \"verbose\"; this takes none`}},
		{"GET", "domains?q=a", "", 400, []string{`unknown query parameter \"q\"; there are query, standing, sort, cursor, limit`}},
		{"GET", "domains?query=a&query=b", "", 400, []string{"query is there 2 times"}},
		{"GET", "domains?query=%zz", "", 400, []string{"the query can't be read"}},
		{"GET", "domains?query=" + strings.Repeat("a", 2001), "", 400, []string{"longer than 2000 octets"}},
		{"GET", "domains?cursor=junk", "", 400, []string{"cursor"}},
		{"GET", "users?cursor=%21", "", 400, []string{"cursor"}},
		{"GET", "audit?cursor=junk", "", 400, []string{"cursor"}},
		{"GET", "decisions?cursor=junk", "", 400, []string{"cursor"}},
		{"GET", "alerts?past=true&cursor=junk", "", 400, []string{"cursor"}},
		{"GET", "alerts?past=yes", "", 400, []string{"neither true nor false"}},
		{"GET", "charts/year", "", 400, []string{"year"}},
		{"GET", "domains?query=%ff", "", 400, []string{"query is not in UTF-8"}},
		{"GET", "alerts?cursor=zzz", "", 400, []string{"past=true", `"field":"cursor"`}},
	})
	if after := f.state(t); after != before {
		t.Errorf("from\n%s\nto\n%s", before, after)
	}
}

// A body without a known length, where none is taken, is refused too.
func TestChunkedBodyWhereNoneIsTaken(t *testing.T) {
	f := start(t)
	req, err := http.NewRequest("DELETE", f.url+"verdicts", struct{ io.Reader }{strings.NewReader("{}")})
	check(t, err)
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Error(resp.Status)
	}
}

// endless is a body of one octet over and over.
type endless struct {
	left int
	with byte
}

func (e *endless) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(b), e.left)
	for i := range b[:n] {
		b[i] = e.with
	}
	e.left -= n
	return n, nil
}

// A request of 100 MB is refused, whether or not it says how long it is, and costs no more memory than what is taken.
func TestLongBodies(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	for _, c := range []struct {
		method, path, contentType string
		most                      uint64 // MiB that may be allocated on the way
	}{
		{"POST", "verify", "", 16}, {"PUT", "domains/new.example", "", 16}, {"PUT", "pause", "", 16}, {"POST", "tokens", "", 16},
		{"PUT", "users/new", "", 16}, {"POST", "domains/example.com/doctor", "", 16},
		{"PUT", "domains/example.com/recipients", "", 160}, {"PATCH", "domains/example.com/recipients", "", 160},
		{"PUT", "domains/example.com/recipients", "text/csv", 16},
	} {
		for _, known := range []bool{true, false} {
			const size = 100 << 20
			req, err := http.NewRequest(c.method, f.url+c.path, &endless{size, ' '})
			check(t, err)
			if known {
				req.ContentLength = size
			}
			req.Header.Set("Content-Type", c.contentType)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				if known { // it was refused and closed while it was still being sent
					continue
				}
				t.Logf("%s %s: %v", c.method, c.path, err)
				continue
			}
			resp.Body.Close()
			runtime.ReadMemStats(&after)
			want := 413
			if c.contentType != "" && !known { // one row without an end
				want = 422
			}
			if grew := (after.TotalAlloc - before.TotalAlloc) >> 20; resp.StatusCode != want || grew > c.most {
				t.Errorf("%s %s, length known: %v: %s, %d MiB", c.method, c.path, known, resp.Status, grew)
			}
		}
	}
}

// A body that says that it is too long is refused before it comes.
func TestLongBodyIsNotAwaited(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	for _, contentType := range []string{"application/json", "text/csv"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(f.url, "/api/v1/"), "http://"))
		check(t, err)
		_, err = fmt.Fprintf(conn, "PUT /api/v1/domains/example.com/recipients HTTP/1.1\r\nHost: callout\r\nContent-Type: %s\r\nContent-Length: 100000000\r\n\r\n", contentType)
		check(t, err)
		check(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
		first := make([]byte, 12)
		if _, err = io.ReadFull(conn, first); err != nil || string(first) != "HTTP/1.1 413" {
			t.Errorf("%s: %s, %v", contentType, first, err)
		}
		conn.Close()
	}
}

// Local recipients come and go as CSV: all of a file, or nothing.
func TestCSV(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	const path = "domains/example.com/recipients"
	csv := map[string]string{"Content-Type": "text/csv; charset=utf-8"}
	for _, c := range []struct {
		method, body string
		status       int
		want         string
	}{
		{"PATCH", "\ufeffEmail,Name\r\njane,Jane\r\n\"\"\"mary ann\"\"@example.com\",x\r\nJane@example.org,\r\n", 200, `{"domain":"example.com","added":2,"removed":0,"heading":"Email"}`},
		{"PATCH", "jane\n", 200, `"added":0,"removed":0`},
		{"PUT", "recipient\njane\nadam\n", 200, `{"domain":"example.com","added":1,"removed":1,"heading":"recipient"}`},
		{"PATCH", "eve\nbad address@example.com\n", 422, "line 2, column 1"},
		{"PATCH", "eve\n\n x@elsewhere.example\n", 422, "line 3, column"},
		{"PUT", "eve\nad\"am\n", 422, "line 2, column"},
		{"PUT", "eve\n\"adam\n", 422, "line"},
		{"PUT", "", 422, "the file has no recipients; nothing was changed"},
		{"PUT", "recipient\n", 422, "the file has no recipients; nothing was changed"},
	} {
		before := f.state(t)
		r := f.send(t, request{method: c.method, path: path, body: c.body, header: csv})
		if r.status != c.status || !strings.Contains(r.body, c.want) {
			t.Errorf("%s %q: %d %s", c.method, c.body, r.status, r.body)
		}
		if c.status == 422 {
			isProblem(t, c.body, r)
			if f.state(t) != before {
				t.Errorf("%q is half imported", c.body)
			}
		}
	}
	f.steps(t, []step{{"PUT", path, `{"recipients":["jane","\"mary ann\""]}`, 200, nil}})
	r := f.send(t, request{method: "GET", path: path, header: map[string]string{"Accept": "text/csv"}})
	const want = "recipient,origin\noffice@example.com,file\nsales-*@example.com,file\n\"\"\"mary ann\"\"@example.com\",store\njane@example.com,store\n"
	if r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") || r.body != want {
		t.Errorf("%d %v\n%s", r.status, r.header, r.body)
	}
	// What is exported can be imported.
	if back := f.send(t, request{method: "PATCH", path: path, body: r.body, header: csv}); back.status != 200 || !strings.Contains(back.body, `"removed":0`) {
		t.Errorf("%d %s", back.status, back.body)
	}
	r = f.send(t, request{method: "GET", path: "domains/elsewhere.example/recipients", header: map[string]string{"Accept": "text/csv"}})
	if isProblem(t, "no such domain", r); r.status != 404 {
		t.Errorf("%d", r.status)
	}
}

// 50,000 recipients come in one file.
func TestLargeCSV(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	var b bytes.Buffer
	for n := range 50_000 {
		fmt.Fprintf(&b, "user%05d@example.com,somebody\n", n)
	}
	r := f.send(t, request{method: "PUT", path: "domains/example.com/recipients", body: b.String(), header: map[string]string{"Content-Type": "text/csv"}})
	if r.status != 200 || !strings.Contains(r.body, `"added":50000`) {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// A client that sends half a body and goes changes nothing, and holds nothing up.
func TestHalfABody(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	before := f.state(t)
	for _, contentType := range []string{"application/json", "text/csv"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(f.url, "/api/v1/"), "http://"))
		check(t, err)
		_, err = fmt.Fprintf(conn, "PUT /api/v1/domains/example.com/recipients HTTP/1.1\r\nHost: callout\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\njane\n", contentType)
		check(t, err)
		check(t, conn.(*net.TCPConn).CloseWrite())
		check(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		answer, err := io.ReadAll(conn)
		if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 4")) {
			t.Errorf("%s: %s, %v", contentType, answer, err)
		}
		conn.Close()
	}
	if after := f.state(t); after != before {
		t.Errorf("from\n%s\nto\n%s", before, after)
	}
}

// Tokens come as Bearer, or as the password of Basic; cookies are not looked at, and what a page of another site has a
// browser ask is refused.
func TestWhoAsks(t *testing.T) {
	f := start(t)
	token := f.token(t, access.RoleAdmin, true)
	for _, c := range []struct {
		name   string
		header map[string]string
		status int
	}{
		{"bearer", map[string]string{"Authorization": "Bearer " + token}, 200},
		{"case", map[string]string{"Authorization": "bearer  " + token}, 200},
		{"none", nil, 401},
		{"empty", map[string]string{"Authorization": ""}, 401},
		{"scheme", map[string]string{"Authorization": "Digest " + token}, 401},
		{"cut", map[string]string{"Authorization": "Bearer " + token[:20]}, 401},
		{"longer", map[string]string{"Authorization": "Bearer " + token + "x"}, 401},
		{"cookie", map[string]string{"Cookie": "callout_session=" + token}, 401},
		{"query", map[string]string{}, 401},
		{"other site", map[string]string{"Authorization": "Bearer " + token, "Sec-Fetch-Site": "cross-site"}, 403},
		{"other origin", map[string]string{"Authorization": "Bearer " + token, "Origin": "http://evil.example"}, 403},
		{"no origin", map[string]string{"Authorization": "Bearer " + token, "Origin": "null"}, 403},
		{"other port", map[string]string{"Authorization": "Bearer " + token, "Origin": f.open + "0"}, 403},
		{"own origin", map[string]string{"Authorization": "Bearer " + token, "Origin": f.open}, 200},
		{"own origin with TLS before it", map[string]string{"Authorization": "Bearer " + token, "Origin": "https" + strings.TrimPrefix(f.open, "http")}, 200},
		{"link from elsewhere", map[string]string{"Authorization": "Bearer " + token, "Referer": "http://evil.example/"}, 200}, // which changes nothing
		{"own page", map[string]string{"Authorization": "Bearer " + token, "Sec-Fetch-Site": "same-origin"}, 200},
	} {
		r := f.send(t, request{method: "GET", path: "/api/v1/status", header: c.header})
		if r.status != c.status || (r.status == 401) != (r.header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: %d %v %s", c.name, r.status, r.header, r.body)
		}
	}
	req, err := http.NewRequest("DELETE", f.open+"/api/v1/verdicts", nil)
	check(t, err)
	req.SetBasicAuth("anybody", token)
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Error(resp.Status)
	}
	events, _, err := f.access.Events(context.Background(), access.EventQuery{Limit: 10})
	check(t, err)
	if len(events) == 0 || events[0].Action != "clear everything" || events[0].Via != "api" || events[0].From != "127.0.0.1" {
		t.Errorf("%+v", events)
	}
}
