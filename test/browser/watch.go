package browser

import (
	"context"
	"net/url"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
)

// watch follows the events of one tab: whether it is loading, and what went wrong in it.
type watch struct {
	base *url.URL

	mu         sync.Mutex
	main       cdp.FrameID
	pending    bool // a navigation was asked for and has not begun
	loading    bool
	changed    chan struct{} // closed and replaced at each change of the two
	status     int           // of the last document
	documents  map[network.RequestID]bool
	allowed    []string
	complaints []string
}

func newWatch(base *url.URL) *watch {
	return &watch{base: base, changed: make(chan struct{}), documents: map[network.RequestID]bool{}}
}

// see is called for each event of the tab in their order, on the goroutine that reads them, so that it must not wait.
func (w *watch) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *page.EventFrameRequestedNavigation:
		if e.Disposition == page.ClientNavigationDispositionCurrentTab && w.isMain(e.FrameID) {
			w.set(true, w.loading)
		}
	case *page.EventFrameStartedLoading:
		if w.isMain(e.FrameID) {
			w.set(w.pending, true)
		}
	case *page.EventFrameNavigated:
		if e.Frame.ParentID == "" {
			w.main = e.Frame.ID
			w.set(false, true)
		}
	case *page.EventFrameStoppedLoading:
		if w.isMain(e.FrameID) {
			w.set(false, false)
		}
	case *page.EventNavigatedWithinDocument:
		if w.isMain(e.FrameID) {
			w.set(false, w.loading)
		}
	default:
		w.seeFailure(event)
	}
}

func (w *watch) isMain(frame cdp.FrameID) bool { return w.main == "" || w.main == frame }

func (w *watch) set(pending, loading bool) {
	w.pending, w.loading = pending, loading
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *watch) expectNavigation() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set(true, w.loading)
}

func (w *watch) noNavigation() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set(false, w.loading)
}

// settled waits until no navigation is under way, and reports whether that came about in time.
func (w *watch) settled(ctx context.Context) bool {
	for {
		w.mu.Lock()
		busy, changed := w.pending || w.loading, w.changed
		w.mu.Unlock()
		if !busy {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}
