package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"callout/internal/operate"
)

// Bounds of live tails.
const (
	mostTails     = 200
	mostTailsEach = 20 // of one user

	// An event comes at every beat, so that what stands between does not hang up, and one that is gone is noticed.
	tailBeat = 15 * time.Second
	// After its life a tail ends, and the browser comes again by itself: whoever's session has run out meanwhile does not.
	tailLife = 10 * time.Minute
)

// decisionTail tells of decisions as they are made.
func (v *visit) decisionTail(tails *operate.Crowd, places decisionPlaces) error {
	q := decisionQuery(ReadList(v.r, ListSpec{Filters: decisionFilters}))
	q.Cursor, q.Limit = "", 1
	if _, err := v.desk.Decisions(v.ctx(), v.who, q); err != nil { // said before the stream begins
		return err
	}
	if v.r.Method == http.MethodHead {
		return nil
	}
	leave, err := tails.Admit(v.who.Name)
	if err != nil {
		return err
	}
	defer leave()
	after := v.desk.From(lastSeen(v.r, places)) // before the browser hears that it has begun
	t := &tail{
		w: v.ResponseWriter, conn: http.NewResponseController(v.ResponseWriter), now: v.shell.now, places: places,
		last: func() uint64 { return v.desk.From(0) }, seen: after, told: after,
	}
	t.follow(v.ctx(), func(ctx context.Context, tell func([]operate.Decision, bool) error) error {
		return v.desk.Watch(ctx, v.who, q, after, tell)
	})
	return nil
}

// lastSeen returns the number of the last decision that a browser has: from its last connection, or from its page; 0 for none.
func lastSeen(r *http.Request, places decisionPlaces) uint64 {
	return places.number(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")))
}

// tail is an answer of server-sent events that goes on. It is for one goroutine.
type tail struct {
	w      http.ResponseWriter
	conn   *http.ResponseController
	now    func() time.Time
	places decisionPlaces
	last   func() uint64 // the number of the last decision of all, which is not theirs to know

	seen uint64 // the last one at the last beat
	told uint64 // up to here all was told that fits
}

// batch is what watch has to tell.
type batch struct {
	page []operate.Decision
	lost bool
}

// follow tells what watch tells until the browser goes, watch ends, or the tail has lived long enough.
func (t *tail) follow(ctx context.Context, watch func(context.Context, func([]operate.Decision, bool) error) error) {
	ctx, cancel := context.WithTimeout(ctx, tailLife)
	defer cancel()
	batches, ended := make(chan batch), make(chan error, 1)
	go func() {
		ended <- watch(ctx, func(page []operate.Decision, lost bool) error {
			select {
			case batches <- batch{page, lost}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	beat := time.NewTicker(tailBeat)
	defer beat.Stop()
	err := t.begin()
	for err == nil {
		select {
		case b := <-batches:
			err = t.tell(b)
		case <-beat.C:
			err = t.write(t.beat())
		case <-ended: // of whatever: the browser comes again, or has gone
			return
		}
	}
	cancel()
	<-ended
}

func (t *tail) begin() error {
	h := t.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	_ = t.conn.SetReadDeadline(time.Time{})
	return t.write("retry: 1000\n\n")
}

// tell sends decisions as script takes them in, each under its number, so that a browser says where it was when it comes again.
func (t *tail) tell(b batch) error {
	text := ""
	if b.lost {
		text = "event: lost\ndata: {}\n\n"
	}
	for _, d := range b.page {
		row, err := json.Marshal(newDecisionRow(&d, t.now()))
		if err != nil {
			return err
		}
		t.told = d.Seq
		text += fmt.Sprintf("id: %d\ndata: %s\n\n", d.Seq, row)
	}
	return t.write(text)
}

// beat says that the tail goes on, and how far it is: a browser that comes again does not begin where those that lie between are
// kept no more. What was the last one a beat ago has been told by now, if it fits. One beat is like another, whatever happens
// elsewhere.
func (t *tail) beat() string {
	t.told, t.seen = max(t.told, t.seen), t.last()
	return fmt.Sprintf("event: beat\nid: %s\ndata: {}\n\n", t.places.after(t.told))
}

// write sends text at once. The request's own deadlines are for pages: here each piece has its own.
func (t *tail) write(text string) error {
	_ = t.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := t.w.Write([]byte(text)); err != nil {
		return err
	}
	return t.conn.Flush()
}
