package browser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// maxComplaints bounds what is kept of a page that complains in a loop.
const maxComplaints = 100

func (w *watch) seeFailure(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			w.documents[e.RequestID] = true
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument && w.isMain(e.FrameID) {
			w.status = int(e.Response.Status)
			if e.Response.Status >= 500 {
				w.complain("%s answered %d", e.Response.URL, e.Response.Status)
			}
		}
	case *network.EventWebSocketCreated:
		if !w.ours(e.URL) {
			w.complain("a request to another host: %s", e.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.complain("console error: %s", arguments(e.Args))
		}
	case *runtime.EventExceptionThrown:
		w.complain("uncaught error: %s", exception(e.ExceptionDetails))
	case *log.EventEntryAdded:
		w.seeLog(e.Entry)
	case *audits.EventIssueAdded:
		if d := e.Issue.Details.ContentSecurityPolicyIssueDetails; d != nil {
			w.complain("content security policy: %s was broken by %s (%s)%s", d.ViolatedDirective, whatOr(d.BlockedURL, "the page itself"),
				d.ContentSecurityPolicyViolationType, place(d.SourceCodeLocation))
		}
	case *page.EventJavascriptDialogOpening:
		w.complain("a dialog of the browser was opened: %s: %s", e.Type, e.Message)
	}
}

// seeLog takes what the browser itself logs. The status of a document is what a test may have asked for; a refused
// request and a broken policy are told elsewhere, and better.
func (w *watch) seeLog(e *log.Entry) {
	switch {
	case e.Level != log.EntryLevelError,
		w.documents[e.NetworkRequestID] && strings.Contains(e.Text, "status of"),
		strings.Contains(e.Text, "net::ERR_BLOCKED_BY_CLIENT"),
		strings.Contains(e.Text, "Content Security Policy"),
		strings.HasSuffix(e.URL, "/favicon.ico"): // no page asked for it: the browser looks for one where none is named
		return
	}
	w.complain("%s: %s %s", e.Source, e.Text, e.URL)
}

// complain keeps one complaint, with the lock held.
func (w *watch) complain(format string, args ...any) {
	c := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	if len(w.complaints) < maxComplaints && !slices.Contains(w.complaints, c) &&
		!slices.ContainsFunc(w.allowed, func(part string) bool { return strings.Contains(c, part) }) {
		w.complaints = append(w.complaints, c)
	}
}

func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.complaints = nil }()
	return w.complaints
}

// arguments are what a page logged, as text.
func arguments(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		words = append(words, whatOr(a.Description, strings.Trim(string(a.Value), `"`)))
	}
	return strings.Join(words, " ")
}

func exception(d *runtime.ExceptionDetails) string {
	text := d.Text
	if d.Exception != nil {
		text += " " + whatOr(d.Exception.Description, string(d.Exception.Value))
	}
	if d.URL != "" {
		text += fmt.Sprintf(" at %s:%d", d.URL, d.LineNumber+1)
	}
	return text
}

func place(l *audits.SourceCodeLocation) string {
	if l == nil || l.URL == "" {
		return ""
	}
	return fmt.Sprintf(" at %s:%d", l.URL, l.LineNumber+1)
}

func whatOr(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
