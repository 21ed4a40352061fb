package web

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestTheDoctorsPageSaysWhatItWillDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.get("/domains/example.com/doctor").status(http.StatusOK).shows("An address that exists", "It is meant to accept everything", "up to 4 connections")
	h.Admin.get("/domains/list.test/doctor").status(http.StatusOK).shows("Nothing to examine", "Local recipients").hides("Examine now")
	h.Admin.post("/domains/list.test/doctor").status(http.StatusConflict)
	h.User.get("/domains/example.com/doctor").status(http.StatusOK).shows("Examine now")
	h.User.get("/domains/other.test/doctor").status(http.StatusNotFound)
	h.User.post("/domains/other.test/doctor").status(http.StatusNotFound)
	h.Stranger.get("/domains/example.com/doctor").at("/login?next=%2Fdomains%2Fexample.com%2Fdoctor")
	h.Stranger.post("/domains/example.com/doctor").at("/login")
}

func TestTheDoctorsFormComesBackWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		good   string
		status int
		shows  string
	}{
		{"john@other.test", http.StatusUnprocessableEntity, "john@other.test is no address of example.com; name one that exists there."},
		{"a b@@", http.StatusBadRequest, "write local-part@example.com."},
	} {
		s := h.User.post("/domains/example.com/doctor", "good", c.good, "catch_all", "on").status(c.status).shows(c.shows)
		if !contains(s.Body, `value="`+c.good+`"`) || !contains(s.Body, "checked") {
			t.Errorf("%s: what was typed is gone", c.good)
		}
	}
	if n := h.Destination.Connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

func TestAReportWithoutScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.User.post("/domains/example.com/doctor", "good", "john").status(http.StatusOK).shows(
		"with john@example.com as an address that exists", h.At, "Connection", "Null sender", "Random address", "Address that exists",
		"The whole dialogue", "MAIL FROM:<>", "RCPT TO:<john@example.com>", "Examine it again", "mx.example.com")
	h.Admin.post("/domains/other.test/doctor").status(http.StatusOK).shows("What to change first", "It accepts a random address", "Change:")
	h.Admin.post("/domains/other.test/doctor", "catch_all", "on").status(http.StatusOK).shows("The whole dialogue")
}

func TestNoHostCanBeExamined(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.put("down.test", `{"destinations": ["`+shut(t)+`"]}`)
	h.Admin.post("/domains/down.test/doctor").status(http.StatusOK).shows("No host could be examined", "What to change first")
}

// spoke is one event of a streamed answer.
type spoke struct {
	name string
	data map[string]any
}

// stream posts a form as a script does, and hands each event to take while it is true.
func (b *visitor) stream(ctx context.Context, path string, form url.Values, take func(spoke) bool) int {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.h.URL+path, strings.NewReader(form.Encode()))
	check(b.h.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/event-stream")
	answer, err := b.client.Do(r)
	check(b.h.t, err)
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 4<<20)
	var one spoke
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			one = spoke{name: name}
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			check(b.h.t, json.Unmarshal([]byte(data), &one.data))
			if !take(one) {
				break
			}
		}
	}
	return answer.StatusCode
}

func TestAReportWithScriptComesAfterTheDialogue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var names []string
	var report, dialogue string
	var result spoke
	status := h.User.stream(t.Context(), "/domains/example.com/doctor", url.Values{"good": {"john@example.com"}}, func(s spoke) bool {
		names = append(names, s.name)
		switch s.name {
		case "line":
			dialogue += s.data["who"].(string) + ": " + s.data["text"].(string) + "\n"
		case "report":
			report = s.data["html"].(string)
		case "result":
			result = s
		}
		return true
	})
	if n := len(names); status != http.StatusOK || n < 10 || names[n-2] != "report" || names[n-1] != "result" {
		t.Fatalf("status %d, events %v", status, names)
	}
	for _, want := range []string{"*: examining " + h.At, "C: MAIL FROM:<>", "C: RCPT TO:<john@example.com>", "S: 250"} {
		if !contains(dialogue, want) {
			t.Errorf("the dialogue has no %q:\n%s", want, dialogue)
		}
	}
	if !contains(report, "<details>") || contains(report, "<html") || !contains(report, "Null sender") {
		t.Errorf("report:\n%s", report)
	}
	if result.data["word"] == "" || !contains(report, result.data["word"].(string)) {
		t.Errorf("result: %v", result.data)
	}
	status = h.User.stream(t.Context(), "/domains/example.com/doctor", url.Values{"good": {"john@other.test"}}, func(s spoke) bool { result = s; return true })
	if status != http.StatusUnprocessableEntity || result.data["kind"] != "bad" {
		t.Errorf("a foreign address: %d %v", status, result.data)
	}
	if status = h.User.stream(t.Context(), "/domains/other.test/doctor", nil, func(spoke) bool { return true }); status != http.StatusNotFound {
		t.Errorf("a foreign domain: %d", status)
	}
}

// While a destination is being examined nobody else has it examined; who has gone away ends it.
func TestADestinationIsExaminedOnceAtATime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	check(t, err)
	t.Cleanup(func() { ln.Close() })
	h.put("mute.test", `{"destinations": ["`+ln.Addr().String()+`"]}`)
	ctx, cancel := context.WithCancel(t.Context())
	begun, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, h.URL+"/domains/mute.test/doctor", nil)
		r.Header.Set("Accept", "text/event-stream")
		answer, err := h.Admin.client.Do(r)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		if _, err := bufio.NewReader(answer.Body).ReadString('\n'); err != nil {
			return
		}
		close(begun)
		<-ctx.Done()
	}()
	<-begun
	s := h.Admin.post("/domains/mute.test/doctor", "good", "john@mute.test").status(http.StatusTooManyRequests).shows("Not now", "try again in a minute")
	if !contains(s.Body, `value="john@mute.test"`) {
		t.Error("what was typed is gone")
	}
	var result spoke
	status := h.Admin.stream(t.Context(), "/domains/mute.test/doctor", nil, func(s spoke) bool { result = s; return true })
	if status != http.StatusTooManyRequests || result.data["kind"] != "warn" {
		t.Errorf("with script: %d %v", status, result.data)
	}
	cancel()
	<-ended
}
