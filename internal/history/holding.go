package history

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// freshFor is how long what holds is not looked at again, unless LookAgain says so: every page shows how many alerts there
// are, and to find out costs a look at every domain.
const freshFor = time.Second

// maxText is how much of an alert's text is kept, in octets.
const maxText = 2000

// sighting is what held when it was last looked at.
type sighting struct {
	news atomic.Uint64 // rises with LookAgain

	mu  sync.Mutex // held while it is looked at, so that those who come together look once
	of  uint64     // news that are seen in all
	at  time.Time  // zero: never
	all []Alert    // never changed
}

// OpenAlerts returns what is to be looked at at this moment, or was less than a second ago and no LookAgain since. Each is
// open since it was first seen, before a restart too. It is cheap enough for every page.
func (h *History) OpenAlerts() []Alert {
	holding := slices.Clone(h.holding())
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range holding {
		a := &holding[i]
		if known, ok := h.open[a.identity()]; ok {
			a.ID, a.Since = known.ID, known.Since
		}
	}
	return holding
}

// LookAgain says that something has changed of which there may be an alert. It costs nothing, and a nil History does not mind.
func (h *History) LookAgain() {
	if h != nil {
		h.last.news.Add(1)
	}
}

// holding returns what is to be looked at now, each one once, and since when it was first seen where nobody knows better.
// The caller must not change it.
func (h *History) holding() []Alert {
	h.last.mu.Lock()
	defer h.last.mu.Unlock()
	news := h.last.news.Load()
	if !h.last.at.IsZero() && h.last.of == news && time.Since(h.last.at) < freshFor {
		return h.last.all
	}
	first := make(map[identity]time.Time, len(h.last.all))
	for _, a := range h.last.all {
		first[a.identity()] = a.Since
	}
	known := h.now()
	seen := make(map[identity]bool, len(known))
	holding := make([]Alert, 0, len(known))
	now := time.Now()
	for _, a := range known {
		if seen[a.identity()] {
			continue
		}
		seen[a.identity()] = true
		a.ID, a.Until, a.Text = 0, time.Time{}, cut(a.Text)
		if a.Since.IsZero() {
			a.Since = first[a.identity()]
		}
		if a.Since.IsZero() {
			a.Since = now
		}
		a.Since = a.Since.UTC().Truncate(time.Millisecond)
		holding = append(holding, a)
	}
	holding = append(holding, h.notOver(seen)...)
	h.last.of, h.last.at, h.last.all = news, now, holding
	return holding
}

// notOver returns the alerts that are open and not over, besides those that are known to hold, in the order of their
// beginnings.
func (h *History) notOver(known map[identity]bool) (all []Alert) {
	h.mu.Lock()
	for id, a := range h.open {
		if !known[id] {
			all = append(all, Alert(a))
		}
	}
	h.mu.Unlock()
	all = slices.DeleteFunc(all, h.over)
	slices.SortFunc(all, func(a, b Alert) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID)) })
	return all
}

// cut returns what is kept of a text, without a part of a character at its end.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > maxText-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
