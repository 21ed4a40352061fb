package web

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callout/test/browser"
)

// lookAtGallery opens the gallery.
func lookAtGallery(t *testing.T, o browser.Options) *browser.Page {
	t.Helper()
	server := httptest.NewServer(galleryHandler(newTestShell(t, nil)))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections) // the tail is open
	p := openTab(t, server.URL, o)
	p.Go("/")
	if !o.NoScript {
		p.Text(".u-legend") // what is below the charts stays where it is now
	}
	return p
}

// Every block is for everybody: light and dark, wide and narrow.
func TestEveryBlockInABrowser(t *testing.T) {
	t.Parallel()
	for _, o := range []browser.Options{{}, {Width: 360, Dark: true}} {
		p := lookAtGallery(t, o)
		p.In("[data-tail]").WaitText("r4<b>⟨U+202E⟩@example.com")
		p.Axe()
		if !o.Dark {
			p.Shots("gallery")
		}
	}
}

func TestScriptMakesPagesQuicker(t *testing.T) {
	t.Parallel()
	p := lookAtGallery(t, browser.Options{})
	p.In("[data-tail]").WaitText("r4<b>⟨U+202E⟩@example.com") // as text
	p.Eval(`(document.activeElement.blur(), '')`)             // a field that is wrong has the focus at first
	p.Press("/")
	if got := p.Focus(); got != "<input> Search an address or a domain" {
		t.Errorf("the key / leads to %s", got)
	}
	p.Check("All on this page", true)
	p.In(".selection").WaitText("6 selected")

	p.In("[data-into=live]").Fill("Address", "typed@example.com")
	p.Fill("Address begins with", "ann")
	waitURL(t, p, "/?q=ann")
	p.In("#list").WaitText("recipients that begin with ann")
	if got := p.In("[data-into=live]").Value("Address"); got != "typed@example.com" {
		t.Errorf("a list is not filtered in place: what was typed elsewhere is %q now", got)
	}

	p.In("[data-into=live]").Click("Test")
	p.In("[data-into=live] [data-outcome]").WaitText("✓ valid. 250 2.1.5 Ok")
	p.In("#live").WaitText("250 <b>ok</b>⟨U+202E⟩")

	name := filepath.Join(t.TempDir(), "list.csv")
	check(t, os.WriteFile(name, []byte(strings.Repeat("someone@example.com\n", 60_000)), 0o600)) // more than a form may have
	p.Upload("CSV file", name)
	p.In(".upload").Click("Import")
	p.In(".upload").WaitText("✓ 60 000 lines.")
	if bar := p.Texts(".upload .progress"); len(bar) != 0 {
		t.Errorf("the bar stands beside the result: %q", bar)
	}
}

func TestAListThatCanNotBeFetchedInPlaceIsGoneToAsAPage(t *testing.T) {
	t.Parallel()
	p := lookAtGallery(t, browser.Options{})
	p.In("#list").Click("Recipient")
	p.In("#list").Text("th[aria-sort=descending]")
	waitURL(t, p, "/?sort=-address")
	p.Allow("500")
	p.Fill("Address begins with", "broken")
	p.WaitText("The list can't be read.")
	if got := p.Status(); got != 500 || !strings.Contains(p.URL(), "q=broken") {
		t.Errorf("%s answered %d", p.URL(), got)
	}
}

func TestPagesStandWithoutScript(t *testing.T) {
	t.Parallel()
	p := lookAtGallery(t, browser.Options{NoScript: true})
	p.WaitText("Over the last hour 18 decisions a second")
	p.Fill("Address begins with", "ann")
	p.Click("Filter")
	p.In("#list").WaitText("recipients that begin with ann")
	p.Screenshot("gallery-noscript-1280.png", true)
}
