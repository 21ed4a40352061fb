package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callout/internal/access"
	"callout/internal/api"
	"callout/internal/callout"
	"callout/internal/operate"
)

// event is one server-sent event as a client reads it.
type event struct{ id, name, data string }

// listener reads a stream.
type listener struct {
	t      *testing.T
	lines  *bufio.Scanner
	header http.Header
	close  func()
}

// listen opens a stream on the socket. It is closed when the test ends.
func (f *fixture) listen(t *testing.T, method, path, body, last string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	req, err := http.NewRequestWithContext(ctx, method, f.url+path, strings.NewReader(body))
	check(t, err)
	req.Header.Set("Accept", "text/event-stream")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	l := &listener{t: t, lines: bufio.NewScanner(resp.Body), header: resp.Header, close: func() { cancel(); resp.Body.Close() }}
	t.Cleanup(l.close)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	return l
}

// next returns the next event, and ok false at the end. A comment is an event without a name.
func (l *listener) next() (e event, ok bool) {
	for l.lines.Scan() {
		line := l.lines.Text()
		switch name, value, _ := strings.Cut(line, ": "); {
		case line == "" && e != event{}, line == ":":
			return e, true
		case name == "id":
			e.id = value
		case name == "event":
			e.name = value
		case name == "data":
			e.data = value
		}
	}
	return e, false
}

// event returns the next one that is no comment.
func (l *listener) event() event {
	l.t.Helper()
	for {
		e, ok := l.next()
		if !ok {
			l.t.Fatalf("the stream ended: %v", l.lines.Err())
		}
		if e != (event{}) {
			return e
		}
	}
}

// Decisions are told as they are made, with their number, and a client that comes again goes on where it was.
func TestDecisionStream(t *testing.T) {
	f := startWith(t, twoDomains, callout.Options{})
	l := f.listen(t, "GET", "decisions?action=reject", "", "")
	if e, ok := l.next(); !ok || e != (event{}) {
		t.Errorf("the stream begins with %+v", e)
	}
	f.decide(t, "john@example.com")
	f.decide(t, "nobody@example.com")
	e := l.event()
	var d operate.Decision
	check(t, json.Unmarshal([]byte(e.data), &d))
	if e.name != "decision" || e.id != fmt.Sprint(d.Seq) || d.Recipient != "nobody@example.com" || d.Action != "reject" || d.Why == "" {
		t.Errorf("%+v", e)
	}
	l.close()
	f.decide(t, "nobody@foreign.example")
	f.decide(t, "another@foreign.example")
	l = f.listen(t, "GET", "decisions", "", e.id)
	for _, want := range []string{"nobody@foreign.example", "another@foreign.example"} {
		if e := l.event(); !strings.Contains(e.data, `"recipient":"`+want+`"`) {
			t.Errorf("%+v; want that of %s, which came meanwhile", e, want)
		}
	}
}

// Who reads too slowly, or comes back too late, is told that something is missing.
func TestDecisionsLost(t *testing.T) {
	f := start(t)
	f.decide(t, "nobody@example.com")
	for range 3000 { // more than are kept
		f.decide(t, "nobody@example.com")
	}
	if e := f.listen(t, "GET", "decisions", "", "1").event(); e.name != "lost" || e.data != "{}" {
		t.Errorf("%+v", e)
	}
}

// What can't be watched is a problem with its status, before a stream begins.
func TestStreamRefused(t *testing.T) {
	f := startWith(t, twoDomains, callout.Options{})
	token := f.token(t, access.RoleDomain, true, "example.com")
	events := map[string]string{"Accept": "text/event-stream"}
	for _, c := range []struct {
		r      request
		status int
	}{
		{request{method: "GET", path: "/api/v1/decisions?domain=foreign.example"}, 404},
		{request{method: "GET", path: "/api/v1/decisions?action=eat"}, 400},
		{request{method: "POST", path: "/api/v1/verify", body: `{"recipient":"john@foreign.example","fresh":true}`}, 404},
		{request{method: "POST", path: "/api/v1/domains/foreign.example/doctor"}, 404},
	} {
		c.r.token, c.r.header = token, events
		r := f.send(t, c.r)
		isProblem(t, c.r.path, r)
		if r.status != c.status {
			t.Errorf("%s: %d %s", c.r.path, r.status, r.body)
		}
	}
	r := f.send(t, request{method: "GET", path: "decisions", header: map[string]string{"Accept": "text/event-stream", "Last-Event-ID": "last"}})
	if isProblem(t, "Last-Event-ID", r); r.status != 400 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// A domain user is told of their own decisions alone.
func TestDecisionStreamOfDomain(t *testing.T) {
	f := startWith(t, twoDomains, callout.Options{})
	token := f.token(t, access.RoleDomain, false, "example.com")
	req, err := http.NewRequest("GET", f.open+"/api/v1/decisions", nil)
	check(t, err)
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	defer resp.Body.Close()
	l := &listener{t: t, lines: bufio.NewScanner(resp.Body)}
	l.next()
	f.decide(t, "nobody@foreign.example")
	f.decide(t, "nobody@example.org")
	if e := l.event(); !strings.Contains(e.data, "nobody@example.org") {
		t.Errorf("%+v", e)
	}
}

// The dialogue of a test is told line by line, then the answer.
func TestVerifyStream(t *testing.T) {
	f := start(t)
	l := f.listen(t, "POST", "verify", `{"recipient":"nobody@example.com","fresh":true}`, "")
	var said []string
	for {
		e := l.event()
		if e.name == "answer" {
			var a operate.Answer
			check(t, json.Unmarshal([]byte(e.data), &a))
			if a.Action != "reject" || !strings.HasPrefix(a.Told, "550 ") {
				t.Errorf("%+v", a)
			}
			break
		}
		var line struct{ At, Dir, Text string }
		check(t, json.Unmarshal([]byte(e.data), &line))
		if e.name != "line" || line.At == "" {
			t.Errorf("%+v", e)
		}
		said = append(said, line.Dir+" "+line.Text)
	}
	text := strings.Join(said, "\n")
	for _, want := range []string{"S 220 ", "C EHLO", "C RCPT TO:<nobody@example.com>", "S 550 "} {
		if !strings.Contains(text, want) {
			t.Errorf("%s; want %s", text, want)
		}
	}
	if _, ok := l.next(); ok {
		t.Error("the stream goes on after the answer")
	}
}

// The doctor tells its dialogue, then the report.
func TestDoctorStream(t *testing.T) {
	f := start(t)
	l := f.listen(t, "POST", "domains/example.com/doctor", `{"good":"john@example.com"}`, "")
	lines := 0
	for {
		e := l.event()
		if e.name == "report" {
			if !strings.Contains(e.data, `"domain":"example.com"`) || !strings.Contains(e.data, `"findings"`) {
				t.Errorf("%+v", e)
			}
			break
		}
		if e.name != "line" {
			t.Errorf("%+v", e)
		}
		lines++
	}
	if lines < 10 {
		t.Errorf("%d lines of dialogue", lines)
	}
}

// A stream in which nothing happens is kept open by comments.
func TestKeepAlive(t *testing.T) {
	f := start(t)
	f.api.SetBeat(10 * time.Millisecond)
	l := f.listen(t, "GET", "decisions", "", "")
	for range 5 {
		if e, ok := l.next(); !ok || e != (event{}) {
			t.Fatalf("%+v %v", e, ok)
		}
	}
}

// A stream goes on beyond the bounds that a server sets for requests and answers.
func TestStreamOutlivesTheBoundsOfTheServer(t *testing.T) {
	f := start(t)
	f.api.SetBeat(50 * time.Millisecond)
	server := httptest.NewUnstartedServer(f.api.Handler())
	server.Config.ReadTimeout, server.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	req, err := http.NewRequest("GET", server.URL+"/api/v1/decisions", nil)
	check(t, err)
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+f.token(t, access.RoleAdmin, false))
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	defer resp.Body.Close()
	l := &listener{t: t, lines: bufio.NewScanner(resp.Body)}
	for begun := time.Now(); time.Since(begun) < 600*time.Millisecond; {
		if _, ok := l.next(); !ok {
			t.Fatalf("the stream ended after %v", time.Since(begun))
		}
	}
}

// There are so many streams at a time, and no more.
func TestStreamsAreBounded(t *testing.T) {
	f := start(t)
	for range api.MaxStreamsEach {
		f.listen(t, "GET", "decisions", "", "")
	}
	r := f.send(t, request{method: "GET", path: "decisions", header: map[string]string{"Accept": "text/event-stream"}})
	if p := isProblem(t, "one too many", r); p.Status != 429 || r.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// Streams end with the Desk.
func TestStreamsEnd(t *testing.T) {
	f := start(t)
	l := f.listen(t, "GET", "decisions", "", "")
	f.desk.Close()
	for {
		e, ok := l.next()
		if !ok {
			return
		}
		if e != (event{}) {
			t.Errorf("%+v", e)
		}
	}
}

// A client that breaks off, and one that reads nothing of a stream that never pauses, hold nothing up: what is done for
// them ends.
func TestClientsThatGo(t *testing.T) {
	for _, c := range []struct {
		name  string
		leave func(net.Conn)
	}{
		{"breaks off", func(conn net.Conn) { conn.Close() }},
		{"is reset", func(conn net.Conn) { conn.(*net.TCPConn).SetLinger(0); conn.Close() }},
		{"says that it sends no more", func(conn net.Conn) { conn.(*net.TCPConn).CloseWrite() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t)
			f.api.SetBeat(time.Millisecond)
			conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(f.url, "/api/v1/"), "http://"))
			check(t, err)
			defer conn.Close()
			_, err = conn.Write([]byte("GET /api/v1/decisions HTTP/1.1\r\nHost: callout\r\nAccept: text/event-stream\r\n\r\n"))
			check(t, err)
			_, err = bufio.NewReader(conn).ReadString('\n')
			check(t, err)
			if n := f.api.Streams(); n != 1 {
				t.Errorf("%d streams", n)
			}
			c.leave(conn)
			f.untilNoStream(t)
		})
	}
}

// untilNoStream waits until no stream is under way. Each request takes a moment.
func (f *fixture) untilNoStream(t *testing.T) {
	t.Helper()
	for begun := time.Now(); f.api.Streams() != 0; f.send(t, request{method: "GET", path: "pause"}) {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("a stream goes on without its client")
		}
	}
}

// A client that reads nothing is given up, and what is decided meanwhile does not wait for it.
func TestClientThatReadsNothing(t *testing.T) {
	f := start(t)
	f.api.SetToTell(100 * time.Millisecond)
	conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(f.url, "/api/v1/"), "http://"))
	check(t, err)
	defer conn.Close()
	check(t, conn.(*net.TCPConn).SetReadBuffer(4<<10))
	_, err = conn.Write([]byte("GET /api/v1/decisions HTTP/1.1\r\nHost: callout\r\nAccept: text/event-stream\r\n\r\n"))
	check(t, err)
	for f.api.Streams() == 0 {
		f.send(t, request{method: "GET", path: "pause"})
	}
	begun := time.Now()
	for f.api.Streams() != 0 {
		if f.decide(t, "nobody@example.com"); time.Since(begun) > 20*time.Second {
			t.Fatal("the client is not given up")
		}
	}
}
