package doctor

import (
	"context"
	"errors"
	"sync"
	"time"

	"callout/internal/callout"
)

// Bounds on what a Ward does.
const (
	MaxAtOnce = 4               // examinations
	MaxWhole  = 3 * time.Minute // for one of them, however many addresses it has
)

// Ward is where a server has destinations examined that its users name: MaxAtOnce at a time, none of them twice at once, each
// within MaxWhole. The zero value is ready to use. Its methods may be called from any goroutine.
type Ward struct {
	mu       sync.Mutex
	under    int
	occupied map[callout.Host]bool // that an examination under way has in its destination
}

// ErrBusy says that an examination can't begin now. It does not say which of its two reasons it is, since that of another
// domain's is nobody's business.
var ErrBusy = errors.New("this destination is being examined already, or too many others are; try again in a minute")

// Examine examines as the function of that name does, within MaxWhole; the report says what was left out for want of time. The
// error is ErrBusy, before anything was done, or that of ctx where it ended: there is no report then.
func (w *Ward) Examine(ctx context.Context, c Case, o Options) (*Report, error) {
	hosts := c.Destination.Hosts()
	if !w.admit(hosts) {
		return nil, ErrBusy
	}
	defer w.discharge(hosts)
	if o.AtMost == 0 || o.AtMost > MaxWhole {
		o.AtMost = MaxWhole
	}
	r := Examine(ctx, c, o)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return r, nil
}

// admit takes an examination in, unless one of its hosts is being examined or there are too many.
func (w *Ward) admit(hosts []callout.Host) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.under >= MaxAtOnce {
		return false
	}
	for _, h := range hosts {
		if w.occupied[h] {
			return false
		}
	}
	if w.occupied == nil {
		w.occupied = make(map[callout.Host]bool)
	}
	for _, h := range hosts {
		w.occupied[h] = true
	}
	w.under++
	return true
}

func (w *Ward) discharge(hosts []callout.Host) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range hosts {
		delete(w.occupied, h)
	}
	w.under--
}
