package browser

import (
	"iter"
	"net/url"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// ours reports whether a URL is of the server under test, or of no server at all.
func (w *watch) ours(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "data", "blob", "about":
		return true
	case "http", "https", "ws", "wss":
		return u.Host == w.base.Host
	}
	return false
}

// guard decides of each request before it leaves, until the tab is closed.
func (p *Page) guard(paused iter.Seq2[fetch.EventRequestPaused, error]) {
	for e, err := range paused {
		if err != nil {
			return
		}
		decide := step(fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: e.RequestID})
		if !p.watch.ours(e.Request.URL) {
			p.watch.mu.Lock()
			p.watch.complain("a request to another host: %s %s", e.Request.Method, e.Request.URL)
			p.watch.mu.Unlock()
			decide = step(fetch.FailRequest, fetch.FailRequestParams{
				RequestID: e.RequestID, ErrorReason: network.ErrorReasonBlockedByClient})
		}
		ctx, cancel := p.deadline()
		chromedp.Do(ctx, decide) // an error: the page has gone on and no longer wants it
		cancel()
	}
}

// answer closes each dialog that the page opens, since nothing else happens in it before.
func (p *Page) answer(dialogs iter.Seq2[page.EventJavascriptDialogOpening, error]) {
	for _, err := range dialogs {
		if err != nil {
			return
		}
		ctx, cancel := p.deadline()
		chromedp.Do(ctx, step(page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}))
		cancel()
	}
}
