package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// proxy stands between a browser and the house.
type proxy struct {
	server *httptest.Server
	down   atomic.Bool // it answers 502 by itself
	tails  atomic.Int32
	asked  chan string // paths that it was asked for while down
}

func (h *house) behindProxy(t *testing.T) *proxy {
	t.Helper()
	to, err := url.Parse(h.URL)
	check(t, err)
	on := httputil.NewSingleHostReverseProxy(to)
	on.FlushInterval = -1
	x := &proxy{asked: make(chan string, 100)}
	x.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x.down.Load() {
			http.Error(w, "Bad Gateway", http.StatusBadGateway)
			select {
			case x.asked <- r.URL.Path:
			default:
			}
			return
		}
		if r.URL.Path == "/decisions/tail" && r.Method == http.MethodGet {
			x.tails.Add(1)
			defer x.tails.Add(-1)
		}
		on.ServeHTTP(w, r)
	}))
	t.Cleanup(x.server.Close)
	t.Cleanup(x.server.CloseClientConnections)
	h.URL = x.server.URL
	return x
}

// until waits until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

const hide = `(Object.defineProperty(document, 'hidden', {configurable: true, value: %t}), document.dispatchEvent(new Event('visibilitychange')), '')`

func TestATailIsOpenOnlyWhileSomebodyLooks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("one@other.test")
	x := h.behindProxy(t)
	p := h.enter(t, "admin", "/decisions")
	p.In("[data-tail-state]").WaitText("live")
	h.know("two@other.test")
	p.In("[data-tail]").WaitText("two@other.test")
	p.Eval(fmt.Sprintf(hide, true))
	until(t, "the tail is closed", func() bool { return x.tails.Load() == 0 })
	h.know("three@other.test")
	p.Eval(fmt.Sprintf(hide, false))
	p.In("[data-tail]").WaitText("three@other.test")
	if rows := p.Texts("[data-tail] .key"); len(rows) != 3 {
		t.Errorf("rows: %q", rows)
	}
}

// An empty page of a domain user has no row that says from where to go on.
func TestNothingIsMissedWhileNobodyLooksAtAnEmptyTail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.behindProxy(t)
	p := h.enter(t, "user", "/decisions")
	p.In("[data-tail-state]").WaitText("live")
	p.Eval(fmt.Sprintf(hide, true))
	until(t, "the tail is closed", func() bool { return x.tails.Load() == 0 })
	h.know("secret@other.test", "john@example.com")
	p.Eval(fmt.Sprintf(hide, false))
	p.In("[data-tail]").WaitText("john@example.com")
	if rows := p.Texts("[data-tail] .key"); len(rows) != 1 {
		t.Errorf("rows: %q", rows)
	}
}

// renewal has the parts of a page that stay true be fetched at once, as they are every 15 s.
const renewal = `(renewed = 0, keepTrue(), '')`

func TestTheOverviewOfADomainUserStaysTrue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.enter(t, "user", "/")
	p.In("#domains").WaitText("Not asked yet")
	h.know("john@example.com", "nobody@example.com")
	p.Eval(renewal)
	p.In("#domains").WaitText("Verifies properly")
	p.In("#last").WaitText("nobody@example.com")
	_, err := h.Desk.Pause(t.Context(), h.Root, "example.com", "1h")
	check(t, err)
	p.Eval(renewal)
	p.In("#open").WaitText("Paused: example.com")
}

func TestAProxyOfAServerThatIsDownEndsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.behindProxy(t)
	p, q := h.enter(t, "admin", "/"), h.enter(t, "admin", "/decisions")
	p.Allow("502")
	q.Allow("502")
	q.Allow("net::ERR_")
	q.In("[data-tail-state]").WaitText("live")
	x.down.Store(true)
	x.server.CloseClientConnections()
	p.Eval(renewal)
	for seen := map[string]bool{}; !seen["/"] || !seen["/decisions/tail"]; {
		seen[<-x.asked] = true
	}
	x.down.Store(false)
	h.know("late@other.test")
	_, err := h.Desk.Pause(t.Context(), h.Root, "example.com", "1h")
	check(t, err)
	p.Eval(renewal)
	p.In("#held-now").WaitText("example.com")
	p.In("#last").WaitText("late@other.test")
	q.In("[data-tail]").WaitText("late@other.test")
	q.In("[data-tail-state]").WaitText("live")
}

func TestATailThatIsHeldStaysHeld(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.behindProxy(t)
	p := h.enter(t, "admin", "/decisions")
	p.Allow("net::ERR_")
	p.In("[data-tail-state]").WaitText("live")
	p.Click("Hold the list")
	h.know("a@other.test")
	p.In("[data-tail-count]").WaitText("1 waiting")
	x.server.CloseClientConnections()
	until(t, "the tail is closed", func() bool { return x.tails.Load() == 0 })
	h.know("b@other.test")
	p.In("[data-tail-count]").WaitText("2 waiting")
	p.In("[data-tail-state]").WaitText("paused")
	if rows := p.Texts("[data-tail] > tr"); len(rows) != 0 {
		t.Errorf("rows: %q", rows)
	}
	p.Click("Go on")
	p.In("[data-tail]").WaitText("a@other.test")
}

func TestTheKeyboardKeepsItsPlaceInAList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 110 {
		h.put(fmt.Sprintf("c%03d.test", i), `{"destinations": ["`+h.At+`"]}`)
	}
	p := h.enter(t, "admin", "/domains")
	focus := func() string { return p.Eval(`document.activeElement.id`) }
	p.In("#list").WaitText("c001.test")
	p.Eval(`(document.getElementById('sort-name').focus(), '')`)
	p.Press("Enter")
	p.In("#list").Text("th[aria-sort=descending]")
	if got := focus(); got != "sort-name" {
		t.Errorf("after a sort the focus is on %q", got)
	}
	p.Eval(`(document.getElementById('page-next').focus(), '')`)
	p.Press("Enter")
	p.In("#list").Text("a[rel=prev]")
	if got := focus(); got != "list" && got != "page-next" {
		t.Errorf("after the next page the focus is on %q: %s, told %s", got, p.Focus(), p.Eval("told.textContent"))
	}
	if got := p.Eval(`String(document.getElementById('list').getBoundingClientRect().top >= 0)`); got != "true" {
		t.Error("the next page begins above what is seen")
	}
	before := p.Eval(`String(history.length)`)
	for _, text := range []string{"c00", "c001"} {
		p.Fill("Name contains", text)
		waitURL(t, p, "?q="+text+"&sort=-name") // the order that the list has by now
	}
	until(t, "the result is told", func() bool {
		return strings.HasPrefix(p.Eval(`document.querySelector('body > [role=status]').textContent`), "1 domain")
	})
	if after := p.Eval(`String(history.length)`); after != before {
		t.Errorf("typing made %s entries of the history of %s", after, before)
	}
}

func TestAClickForAnotherTabIsLeftToTheBrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.enter(t, "admin", "/domains")
	p.In("#list").WaitText("example.com")
	for _, key := range []string{"ctrlKey", "metaKey", "shiftKey"} {
		got := p.Eval(`(() => { const click = new MouseEvent('click', {` + key + `: true, bubbles: true, cancelable: true});
			let kept = 'left'; click.preventDefault = () => { kept = 'taken'; };
			const link = document.getElementById('sort-name');
			link.href = '#here'; // so that the page stays
			link.dispatchEvent(click); return kept })()`)
		if got != "left" {
			t.Errorf("a click with %s is %s", key, got)
		}
	}
}

func TestAFormIsSentOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.enter(t, "admin", "/access/users/new")
	const send = `const send = () => document.querySelector('main form[method=post]').dispatchEvent(new SubmitEvent('submit', {bubbles: true, cancelable: true}))`
	if got := p.Eval(`(() => { ` + send + `; const all = [send(), send()]; dispatchEvent(new Event('pageshow')); return [...all, send()].join(' ') })()`); got != "true false true" {
		t.Errorf("sent at first, once more, and back at the page: %s", got)
	}
}

func TestAServerThatCanNotBeReachedIsSaidSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.behindProxy(t)
	p := h.enter(t, "admin", "/domains")
	p.Allow("502")
	p.In("#list").WaitText("example.com")
	x.down.Store(true)
	p.In("#list").Click("Domain")
	p.WaitText("The server can't be reached. Try again.")
	x.down.Store(false)
	p.In("#list").Click("Domain")
	p.In("#list").Text("th[aria-sort=descending]")
	p.WaitNoText("can't be reached")
	p.Go("/domains/example.com")
	p.Fill("Address", "nobody")
	x.down.Store(true)
	p.Click("Test now")
	p.In("[data-outcome]").WaitText("The server can't be reached. Try again.")
	x.down.Store(false)
	p.Click("Test now")
	p.In("[data-outcome]").WaitText("Invalid")
	p.In("#hosts").WaitText("✓ up")
}
