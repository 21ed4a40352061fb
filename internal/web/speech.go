package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// speech is an answer of server-sent events, as stream.js reads it. It is for one goroutine.
type speech struct {
	w     http.ResponseWriter
	conn  *http.ResponseController
	begun bool
}

func newSpeech(w http.ResponseWriter) *speech {
	return &speech{w: w, conn: http.NewResponseController(w)}
}

// wantsSpeech reports whether a script asks, which takes events for an answer.
func wantsSpeech(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// say sends an event. The first one sends the status too: 200, unless begin was called.
func (s *speech) say(event string, data any) error {
	s.begin(http.StatusOK)
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	// The request's own deadlines are for pages: they would cut this off in the middle.
	_ = s.conn.SetReadDeadline(time.Time{})
	_ = s.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", event, text); err != nil {
		return err
	}
	return s.conn.Flush()
}

// last sends the event "result". Who has gone away meanwhile misses nothing, and no error page could follow what was said.
func (s *speech) last(o Outcome) { _ = s.say("result", o) }

// begin sends the status, once.
func (s *speech) begin(status int) {
	if s.begun {
		return
	}
	s.begun = true
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold the lines back
	s.w.WriteHeader(status)
}

// Outcome is the event "result": how it went, for people.
type Outcome struct {
	Kind string `json:"kind"` // ok, bad, warn
	Word string `json:"word,omitempty"`
	Text string `json:"text"`
	// Changed says that what the page shows of it is old now.
	Changed bool `json:"changed,omitempty"`
}

// speakFailure tells of an error, with its status where nothing was said yet.
func (v *visit) speakFailure(s *speech, err error) error {
	if v.left(err) {
		return nil
	}
	status, text := v.worded(err)
	s.begin(status)
	s.last(Outcome{Kind: "bad", Text: sentence(text)})
	return nil
}

// spokenLine is the event "line": one line of a dialogue.
type spokenLine struct {
	MS   float64 `json:"ms"`
	Who  string  `json:"who"`
	Text string  `json:"text"`
}

func spoken(l Line) spokenLine {
	return spokenLine{MS: float64(l.At.Microseconds()) / 1000, Who: l.Who, Text: Visible(l.Text)}
}
