package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"callout/internal/access"
	"callout/internal/operate"
)

// Bounds of live tails.
const (
	mostTails     = 200
	mostTailsEach = 20 // of one user

	// A comment comes at every beat, so that what stands between does not hang up, and one that is gone is noticed.
	tailBeat = 15 * time.Second
	// After its life a tail ends, and the browser comes again by itself: whoever has logged out meanwhile does not.
	tailLife = 10 * time.Minute
)

var errNotThem = errors.New("the session has ended, or may see something else now")

// decisionTail tells of decisions as they are made.
func (v *visit) decisionTail(tails *crowd) error {
	q := decisionQuery(ReadList(v.r, ListSpec{Filters: decisionFilters}))
	q.Cursor, q.Limit = "", 1
	if _, err := v.desk.Decisions(v.ctx(), v.who, q); err != nil { // said before the stream begins
		return err
	}
	if v.r.Method == http.MethodHead {
		return nil
	}
	leave, err := tails.admit(v.who.Name)
	if err != nil {
		return err
	}
	defer leave()
	t := &tail{w: v.ResponseWriter, conn: http.NewResponseController(v.ResponseWriter), now: v.shell.now, still: v.still}
	t.follow(v.ctx(), func(ctx context.Context, tell func([]operate.Decision, bool) error) error {
		return v.desk.Watch(ctx, v.who, q, lastSeen(v.r), tell)
	})
	return nil
}

// lastSeen returns the number of the last decision that a browser has: from its last connection, or from its page; 0 for none.
func lastSeen(r *http.Request) uint64 {
	for _, text := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")} {
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// still reports whether somebody may go on seeing what they see: the user is there, with the same password, role and domains.
func (v *visit) still() bool {
	u, ok := v.access.Of(v.ctx(), v.sessions)
	return ok && u.Role == v.who.Role && (u.Role == access.RoleAdmin || slices.Equal(u.Domains, v.who.Domains))
}

// tail is an answer of server-sent events that goes on. It is for one goroutine.
type tail struct {
	w     http.ResponseWriter
	conn  *http.ResponseController
	now   func() time.Time
	still func() bool
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
			err = t.write(": \n\n")
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
		text += fmt.Sprintf("id: %d\ndata: %s\n\n", d.Seq, row)
	}
	return t.write(text)
}

// write sends text at once, to who may still see it. The request's own deadlines are for pages: here each piece has its own.
func (t *tail) write(text string) error {
	if !t.still() {
		return errNotThem
	}
	_ = t.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := t.w.Write([]byte(text)); err != nil {
		return err
	}
	return t.conn.Flush()
}
