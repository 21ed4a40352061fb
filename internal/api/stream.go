package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"callout/internal/callout"
)

// event is one server-sent event.
type event struct {
	id   string // "" for none
	name string
	data any
}

// eventText says in the document which events there are.
func eventText(names []string) string {
	return "Server-sent events: " + strings.Join(names, "; ") + ". A comment comes every 15 s where nothing else does."
}

// sink is where work tells its events.
type sink struct {
	ctx    context.Context
	events chan event
}

// tell waits until there is room for an event. It is false when nobody listens any more.
func (s sink) tell(e event) bool {
	select {
	case s.events <- e:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// line tells a line of a dialogue. A destination is asked no slower because a client reads slowly: what does not fit is
// left out. Lines may come when the work is over, since a callout goes on for others.
func (s sink) line(l callout.Line) {
	select {
	case s.events <- event{name: "line", data: line{l.At, string(rune(l.Dir)), strings.ToValidUTF8(l.Text, "\uFFFD")}}:
	default:
	}
}

// line is one line of a dialogue with a destination.
type line struct {
	At   time.Time `json:"at"`
	Dir  string    `json:"dir" enum:"C,S,*" doc:"Who said it: C Callout, S the destination, * nobody: it happened"`
	Text string    `json:"text"`
}

// maxWaiting is how many events may wait for a client.
const maxWaiting = 500

// stream is the answer to one client as server-sent events. One goroutine writes it; another does the work.
type stream struct {
	c     *call
	wire  *http.ResponseController
	begun bool
	gone  error // why the client is told no more
}

// stream does work and tells its events as they come. atOnce says that the answer begins now, and not with the first event.
// What work fails with before that is the error of the operation; later it is an event "problem".
func (c *call) stream(atOnce bool, work func(ctx context.Context, s sink) error) error {
	leave, err := c.api.streams.Admit(c.who.Name + "\x00" + c.who.Token)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	s := &stream{c: c, wire: http.NewResponseController(c.w)}
	events, done := make(chan event, maxWaiting), make(chan error, 1)
	go func() { done <- work(ctx, sink{ctx, events}) }()
	beat := time.NewTicker(c.api.beat)
	defer beat.Stop()
	if atOnce {
		s.comment()
	}
	for {
		if s.gone != nil {
			cancel() // and the work ends, which is waited for
		}
		select {
		case e := <-events:
			s.event(e)
		case <-beat.C:
			s.comment()
		case err := <-done:
			for range len(events) {
				s.event(<-events)
			}
			return s.end(err)
		}
	}
}

// end tells what work came to.
func (s *stream) end(err error) error {
	if err == nil || !s.begun {
		return err
	}
	if s.c.Context().Err() == nil {
		s.event(event{name: "problem", data: s.c.api.problem(s.c.r, s.c.who, err)})
	}
	return nil
}

func (s *stream) begin() {
	if s.begun {
		return
	}
	s.begun, s.c.answered = true, true
	s.c.w.Header().Set("Content-Type", "text/event-stream")
	s.c.w.Header().Set("X-Accel-Buffering", "no") // a proxy is to pass events on as they come
	s.c.w.WriteHeader(http.StatusOK)
}

func (s *stream) event(e event) {
	data, err := json.Marshal(e.data) // on one line
	if err != nil {
		s.gone = err
		return
	}
	var b bytes.Buffer
	if e.id != "" {
		fmt.Fprintf(&b, "id: %s\n", e.id)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", e.name, data)
	s.write(b.Bytes())
}

// comment writes what says that somebody is still there.
func (s *stream) comment() { s.write([]byte(":\n\n")) }

func (s *stream) write(b []byte) {
	if s.gone != nil {
		return
	}
	s.begin()
	_ = s.wire.SetWriteDeadline(time.Now().Add(s.c.api.toTell))
	if _, s.gone = s.c.w.Write(b); s.gone == nil {
		s.gone = s.wire.Flush()
	}
}
