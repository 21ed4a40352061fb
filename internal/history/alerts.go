package history

import (
	"context"
	"time"

	"callout/internal/store"
)

// Alert is something that somebody should look at. Kind, Domain and Host say which one it is: while one is open there is
// no other of the same.
type Alert struct {
	ID     int64     `json:"id,omitempty"` // 0 for one that has just begun
	Kind   string    `json:"kind"`
	Domain string    `json:"domain,omitempty"` // what it is about: a domain, a host, or everything
	Host   string    `json:"host,omitempty"`
	Text   string    `json:"text"` // what it means and what to do, in one line
	Since  time.Time `json:"since,omitzero"`
	Until  time.Time `json:"until,omitzero"` // zero while it is open
}

// identity says which alert one is.
type identity struct{ kind, domain, host string }

func (a *Alert) identity() identity { return identity{a.Kind, a.Domain, a.Host} }

// PastAlerts returns a page of the alerts that are past, the last to end first, 1 to 1,000 of them, and the cursor of the
// next page, "" after the last. The error wraps store.ErrCursor for a cursor of another making. They are kept for 30 days,
// and the last 10,000.
func (h *History) PastAlerts(ctx context.Context, cursor string, limit int) (page []Alert, next string, err error) {
	return h.PastAlertsOf(ctx, nil, cursor, limit)
}

// PastAlertsOf is PastAlerts for those of some domains alone; nil: of all, and of what is no domain.
func (h *History) PastAlertsOf(ctx context.Context, domains []string, cursor string, limit int) (page []Alert, next string, err error) {
	rows, next, err := h.store.PastAlerts(ctx, store.AlertQuery{Domains: domains, Cursor: cursor, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	page = make([]Alert, len(rows))
	for i, a := range rows {
		page[i] = Alert(a)
	}
	return page, next, nil
}

// look compares what holds now with what was open, and stores what is different.
func (h *History) look() {
	holding := h.holding()
	h.writing.Lock()
	defer h.writing.Unlock()
	changes := h.changes(holding)
	if len(changes) == 0 {
		return
	}
	err := h.store.SaveAlerts(h.ctx, changes)
	h.changed(err)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range changes {
		id := identity{a.Kind, a.Domain, a.Host}
		if h.open[id] = a; !a.Until.IsZero() {
			delete(h.open, id)
		}
	}
}

// changes returns the alerts that have begun, changed or ended.
func (h *History) changes(holding []Alert) (changes []store.Alert) {
	h.mu.Lock()
	defer h.mu.Unlock()
	holds := make(map[identity]bool, len(holding))
	room := maxOpen - len(h.open)
	for _, a := range holding {
		id := a.identity()
		holds[id] = true
		known, ok := h.open[id]
		switch {
		case ok && known.Text != a.Text:
			known.Text = a.Text
			changes = append(changes, known)
		case !ok && room > 0:
			room--
			changes = append(changes, store.Alert(a))
		}
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	for id, a := range h.open {
		if !holds[id] {
			a.Until = now
			changes = append(changes, a)
		}
	}
	return changes
}
