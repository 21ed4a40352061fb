package browser

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Options say what kind of browser a page is looked at with.
type Options struct {
	NoScript bool          // JavaScript is off
	Dark     bool          // the person prefers dark pages
	Width    int           // of the window in CSS pixels; 0: 1280
	Height   int           // 0: 800
	Within   time.Duration // the most that one step may take; 0: 10 s
}

// Page is one tab with cookies of its own, or a part of what it shows (Row, In). Its methods are for the goroutine of
// its test. Each fails the test at once when it can't do what it says.
type Page struct {
	*tab
	scope scope
}

// tab is what the parts of one page share.
type tab struct {
	t       testing.TB
	base    *url.URL
	options Options
	ctx     context.Context // chromedp's, of this tab
	watch   *watch
}

// Open opens an empty tab for the server at base, as "http://127.0.0.1:8080". It is closed when the test ends, and what
// the page complained of until then fails the test.
func Open(t testing.TB, base string, o Options) *Page {
	t.Helper()
	server, err := url.Parse(base)
	if err != nil || server.Hostname() != "127.0.0.1" {
		t.Fatalf("base URL %q: tests reach their servers at 127.0.0.1", base)
	}
	if o.Width == 0 {
		o.Width = 1280
	}
	if o.Height == 0 {
		o.Height = 800
	}
	if o.Within == 0 {
		o.Within = 10 * time.Second
	}
	w := newWatch(server)
	ctx, closeTab := chromedp.NewContext(chromium.context(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(w.see))
	p := &Page{tab: &tab{t: t, base: server, options: o, ctx: ctx, watch: w}}
	var guards sync.WaitGroup
	t.Cleanup(func() {
		t.Helper()
		p.finish()
		closeTab()
		guards.Wait()
	})
	// A tab lives as long as the context that opens it, which can have no deadline therefore.
	tooLong := time.AfterFunc(startLimit, closeTab)
	defer tooLong.Stop()
	if err := p.begin(&guards); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	return p
}

// begin makes the tab and sets it up.
func (p *Page) begin(guards *sync.WaitGroup) error {
	if err := chromedp.Do(p.ctx); err != nil {
		return err
	}
	paused := chromedp.Events(p.ctx, fetch.RequestPaused)
	guards.Go(func() { p.guard(paused) })
	dialogs := chromedp.Events(p.ctx, page.JavascriptDialogOpening)
	guards.Go(func() { p.answer(dialogs) })
	ctx, cancel := p.deadline()
	defer cancel()
	return chromedp.Do(ctx,
		step(fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*"}}}),
		step(audits.Enable, cdp.Empty{}),
		step(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		step(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: p.options.NoScript}),
		p.look(p.options.Width, p.options.Height, p.options.Dark),
	)
}

// look sets the size of the window and what the person prefers. Nothing moves by itself, so that a page is still when it
// is clicked or pictured.
func (p *Page) look(width, height int, dark bool) chromedp.Action[chromedp.Void] {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	return chromedp.Steps(
		step(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(width), Height: int64(height), DeviceScaleFactor: 1}),
		step(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		}}),
	)
}

// step is one command to the tab whose answer says nothing.
func step[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// deadline bounds one step.
func (p *Page) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, p.options.Within)
}

// Go opens a path of the server, or a whole URL, and waits until the page is loaded.
func (p *Page) Go(path string) {
	p.t.Helper()
	target := path
	if !strings.Contains(path, "://") {
		target = strings.TrimSuffix(p.base.String(), "/") + "/" + strings.TrimPrefix(path, "/")
	}
	ctx, cancel := p.deadline()
	defer cancel()
	p.watch.expectNavigation()
	answer, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: target})
	if err != nil {
		p.fail("open %s: %v", target, err)
	}
	if answer.ErrorText != "" {
		p.fail("open %s: %s", target, answer.ErrorText)
	}
	if answer.LoaderID == "" {
		p.watch.noNavigation() // within the document
	}
	p.settle(ctx)
}

// Within returns the same page with another limit for each step.
func (p *Page) Within(limit time.Duration) *Page {
	inner := *p.tab
	inner.options.Within = limit
	return &Page{tab: &inner, scope: p.scope}
}

// finish reports what the page complained of.
func (p *Page) finish() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	p.flush(ctx) // what is on its way comes before the answer
	for _, complaint := range p.watch.take() {
		p.t.Errorf("the page complained: %s", complaint)
	}
}
