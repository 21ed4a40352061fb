package web

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"callout/internal/operate"
	"callout/internal/smtpwire"
	"callout/internal/verify"
)

// aloud tests an address as the script does.
func (b *visitor) aloud(path string, pairs ...string) *seen {
	b.h.t.Helper()
	return b.postAs("Accept", "text/event-stream", path, pairs...)
}

// spoken returns the lines of a dialogue in a stream, and its result.
func (s *seen) spoken() (lines []string, result Outcome) {
	s.t.Helper()
	for event := range strings.SplitSeq(strings.TrimSpace(s.Body), "\n\n") {
		name, data, _ := strings.Cut(strings.TrimPrefix(event, "event: "), "\ndata: ")
		switch name {
		case "line":
			var l spokenLine
			check(s.t, json.Unmarshal([]byte(data), &l))
			lines = append(lines, l.Who+": "+l.Text)
		case "result":
			check(s.t, json.Unmarshal([]byte(data), &result))
		default:
			s.t.Errorf("an event %q", event)
		}
	}
	return lines, result
}

func TestAnAddressIsTestedWithoutScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.User.get("/test?recipient=john@example.com").status(http.StatusOK).shows("Test an address")
	h.User.post("/test", "recipient", "nobody", "domain", "example.com", "fresh", "on").status(http.StatusOK).
		shows("nobody@example.com", "✕ Invalid "+h.At+" answered", "A mail server would be told: 550 5.1.1", "✕ reject",
			"C RCPT TO:<nobody@example.com>", "S 550 5.1.1", "what is known of it")
	h.User.post("/test", "recipient", "nobody@example.com").shows("from the cache", "There was none: the answer was known already")
	h.know("john@example.com")
	h.User.post("/recipients/john@example.com/test").shows("✓ Valid", "(just asked)", "✓ accept", "C RCPT TO:<john@example.com>")
	bad := h.User.post("/test", "recipient", "no address").status(http.StatusBadRequest).shows("write local-part@domain")
	if bad.wrongField() != "recipient" {
		t.Errorf("the error stands at %q", bad.wrongField())
	}
	if e := h.events()[0]; e.Refused {
		t.Errorf("a refusal: %+v", e)
	}
}

func TestAnAddressIsTestedLineByLine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lines, result := h.User.aloud("/test", "recipient", "john@example.com", "fresh", "on").status(http.StatusOK).spoken()
	all := strings.Join(lines, "\n")
	for _, want := range []string{"S: 220 mx.example.com ESMTP ready", "C: EHLO ", "C: MAIL FROM:<>", "C: RCPT TO:<john@example.com>", "S: 250 2.1.5 Ok"} {
		if !strings.Contains(all, want) {
			t.Errorf("the dialogue lacks %q:\n%s", want, all)
		}
	}
	if result.Kind != "ok" || result.Word != "Valid" || !strings.Contains(result.Text, "answered") || !result.Changed {
		t.Errorf("the answer is %+v", result)
	}
	_, result = h.User.aloud("/recipients/nobody@example.com/test", "fresh", "on").spoken()
	if result.Kind != "bad" || result.Word != "Invalid" || !strings.Contains(result.Text, "A mail server would be told: 550 5.1.1") {
		t.Errorf("the answer is %+v", result)
	}
	lines, result = h.User.aloud("/test", "recipient", "x@other.test", "fresh", "on").status(http.StatusNotFound).spoken()
	if len(lines) != 0 || result.Kind != "bad" || !strings.Contains(result.Text, "is not served") {
		t.Errorf("a foreign address: %q %+v", lines, result)
	}
	h.User.aloud("/test", "recipient", "none").status(http.StatusBadRequest)
	h.Stranger.aloud("/test", "recipient", "x@other.test").status(http.StatusUnauthorized)
}

// TestLinesComeAsTheyAreSpoken has a destination that says nothing more until its first line was seen, and the browser gone.
func TestLinesComeAsTheyAreSpoken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com")
	first, err := h.Desk.Decisions(t.Context(), h.Root, operate.DecisionQuery{})
	check(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer ln.Close()
	seen := make(chan struct{})
	served := make(chan struct{})
	go func() {
		defer close(served)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.Write([]byte("220 <b>slow</b>\xff ESMTP\r\n"))
		<-seen
		in := smtpwire.NewReader(conn)
		in.ReadLine()
		conn.Write([]byte("554 go away\r\n"))
		in.ReadLine()
	}()
	_, _, err = h.Desk.PutDomain(t.Context(), h.Root, "slow.test", []byte(`{"destinations": ["`+ln.Addr().String()+`"]}`))
	check(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/test", strings.NewReader("recipient=a@slow.test&fresh=on"))
	check(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/event-stream")
	answer, err := h.Admin.client.Do(r)
	check(t, err)
	defer answer.Body.Close()
	var text strings.Builder
	for !strings.Contains(text.String(), "220 ") {
		b := make([]byte, 1024)
		n, err := answer.Body.Read(b)
		check(t, err)
		text.Write(b[:n])
	}
	if !strings.Contains(text.String(), `220 \u003cb\u003eslow\u003c/b\u003e⟨FF⟩ ESMTP`) {
		t.Errorf("the first line is %s", text.String())
	}
	answer.Body.Close()
	enough := errors.New("enough")
	err = h.Desk.Watch(t.Context(), h.Root, operate.DecisionQuery{Domain: "slow.test"}, first.Decisions[0].Seq, func(page []operate.Decision, _ bool) error {
		if page[0].Reason != verify.ReasonGivenUp {
			t.Errorf("the question went on for a browser that had gone: %+v", page[0])
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
	close(seen)
	<-served
}

func TestARecipientSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.User.get("/recipients/john@example.com").status(http.StatusOK).shows("– Nothing is known The next question for it asks the destination.", "? unknown", "None among those that are kept.").hides("Clear it")
	h.know("john@example.com", "nobody@example.com")
	h.User.get("/recipients/nobody@example.com").shows("✕ Invalid It does not exist: "+h.At+" refused it.", "550 5.1.1", "Life left 2 h", "✕ reject ✕ invalid", "not looked at in the mode callout")
	h.User.get("/recipients/john@example.com").shows("✓ Valid It exists: "+h.At+" accepted it.", "✓ accept ✓ valid", "Clear it")
	h.User.post("/recipients/john@example.com/clear").at("/recipients/john@example.com").shows("Cleared: 1 cached verdict went. The next question for it asks the destination.", "Nothing is known")
	h.know("a@other.test", "b@other.test")
	h.Admin.get("/recipients/b@other.test").shows("i Valid: a catch-all Its domain accepts every recipient", "∗ catch-all").hides("Clear it")
	h.Admin.get("/recipients/sales-north@file.test").shows("✓ Valid It is a local recipient of the domain: nobody is asked.", "Local list on it")
	h.Admin.get("/recipients/x@list.test").shows("! Deferred The mode of the domain is list, and its list is empty.")
	h.Admin.get("/recipients/nonsense").status(http.StatusBadRequest)
	h.Admin.get("/recipients/" + url.PathEscape(`"a/b <i>"@example.com`)).status(http.StatusOK).shows(`"a/b <i>"@example.com`)
}
