package test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callout/test/browser"
)

// Every page, with something on it, is for everybody: whoever sees it dark or light, narrow or wide, hears it read, or has no
// mouse, and wherever the line is slow.
func TestEveryPageIsForEverybody(t *testing.T) {
	t.Parallel()
	h := newWebHouse(t)
	t.Run("first paint is light", h.firstPaint)
	t.Run("keyboard", h.keyboard)
	t.Run("doctor", h.examined)
	t.Run("first start", firstStart)
	t.Run("looks", func(t *testing.T) {
		for _, o := range []browser.Options{{Width: 1280}, {Width: 360}, {Width: 1280, Dark: true}, {Width: 360, Dark: true}} {
			o.Within = browserPatience
			t.Run(fmt.Sprintf("%d dark=%t", o.Width, o.Dark), func(t *testing.T) {
				t.Parallel()
				h.looks(t, o)
			})
		}
	})
}

// looks has axe-core look at each page. One of the looks also measures pages at every width, and takes their pictures.
func (h *webHouse) looks(t *testing.T, o browser.Options) {
	who := visitors{t: t, addr: h.http, o: o}
	for _, page := range h.pages() {
		if page.costly && o.Dark != (o.Width == 360) {
			continue
		}
		p := who.of(page.user)
		page.visit(t, p)
		p.Axe()
		if o.Width == 1280 && !o.Dark {
			p.Shots(page.name)
		}
	}
}

// examined has the doctor examine a destination, and looks at the report.
func (h *webHouse) examined(t *testing.T) {
	for _, o := range []browser.Options{{Width: 1280}, {Width: 360, Dark: true}} {
		o.Within = browserPatience
		name := "everything.test"
		if o.Dark {
			name = "good.test"
		}
		p := logIn(t, h.http, "admin", o)
		p.Go("/domains/" + name + "/doctor")
		p.Axe()
		p.Shots("doctor")
		p.Click("Examine now")
		p.In("[data-report]").WaitText("Examined")
		p.Axe()
		p.Shots("doctor-" + name)
	}
}

// firstStart looks at the page of a server without users.
func firstStart(t *testing.T) {
	s := startServer(t, "")
	p := browser.Open(t, "http://"+s.http, browser.Options{Within: browserPatience})
	p.Go("/")
	p.WaitText("There is no user yet.")
	p.WaitText("callout user add admin --role admin")
	p.Axe()
	p.Shots("first-start")
}

// mostTabs is how often one may have to press Tab before the main thing of a page is there.
const mostTabs = 60

// keyboard goes to the search and to the main thing of pages by keys, and sees where the focus is.
func (h *webHouse) keyboard(t *testing.T) {
	p := logIn(t, h.http, "admin", browser.Options{Height: 1800, Within: browserPatience}) // nothing scrolls
	for path, action := range map[string]string{
		"/": "<button> Pause everything", "/domains": "<a> Add a domain", "/domains/good.test": "<button> Test now",
		"/domains/listed.test/recipients": "<button> Import", "/cache": "<a> Clear everything", "/access": "<a> Add a user",
	} {
		p.Go(path)
		p.Press("/")
		if got := p.Focus(); got != "<input> Search an address or a domain" {
			t.Errorf("%s: the key / leads to %s", path, got)
		}
		p.Go(path)
		without := picture(t, p)
		for n, at := 0, ""; at != action; n++ {
			if n == mostTabs {
				t.Errorf("%s: %q is not among the first %d that Tab leads to", path, action, mostTabs)
				break
			}
			p.Press("Tab")
			at = p.Focus()
			if n == 0 && at != "<a> Skip to content" {
				t.Errorf("%s: Tab leads to %s first, want the link to the content", path, at)
			}
			if bytes.Equal(picture(t, p), without) {
				t.Errorf("%s: nothing shows that the focus is on %s", path, at)
			}
		}
	}
}

// picture is what the window shows.
func picture(t *testing.T, p *browser.Page) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "window.png")
	p.Screenshot(path, false)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mostFirst is how many octets may come over the line before a page is there.
const mostFirst = 100 << 10

// firstPaint counts what comes over the line, headers too: of the first page of somebody who has been here never before,
// which brings what the browser keeps, and of each page after it. What charts and tails show comes when the page is there.
func (h *webHouse) firstPaint(t *testing.T) {
	r := startRelay(t, h.http, func([]byte) {})
	take := func() (n int64) {
		for path, octets := range r.takeSent() {
			if !strings.HasPrefix(path, "/charts/") && !strings.HasPrefix(path, "/decisions/tail") {
				n += octets
			}
		}
		return n
	}
	p := logIn(t, r.addr, "admin", browser.Options{Within: browserPatience})
	first := take()
	if t.Logf("the login and the overview: %d octets", first); first < 30<<10 {
		t.Error("that is too little: not everything was counted")
	}
	for _, page := range h.pages() {
		if page.do != nil || page.user != "" {
			continue
		}
		p.Go(page.path)
		if n := take(); n < 1000 || first+n > mostFirst {
			t.Errorf("%s: %d octets, with what the first page brings %d; want %d at most", page.path, n, first+n, mostFirst)
		}
	}
}
