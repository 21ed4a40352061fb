package web

import (
	"os"
	"strings"
	"testing"
	"time"

	"callout/test/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }

// openTab opens a browser's tab. Short runs are those without a browser.
func openTab(t *testing.T, base string, o browser.Options) *browser.Page {
	t.Helper()
	if testing.Short() {
		t.Skip("it needs a browser")
	}
	o.Within = 30 * time.Second
	return browser.Open(t, base, o)
}

// enter opens a browser's tab in which somebody has logged in, at a page.
func (h *house) enter(t *testing.T, name, path string) *browser.Page {
	t.Helper()
	p := openTab(t, h.URL, browser.Options{})
	p.Go("/login?next=" + path)
	p.Fill("Name", name)
	p.Fill("Password", housePassword)
	p.Click("Log in")
	return p
}

// waitURL waits until the page is at a path, with its query.
func waitURL(t *testing.T, p *browser.Page, path string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !strings.HasSuffix(p.URL(), path); {
		if time.Now().After(end) {
			t.Fatalf("the page is at %s, want %s", p.URL(), path)
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
