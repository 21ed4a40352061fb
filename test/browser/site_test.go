package browser_test

import (
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"

	"callout/test/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src * data:; connect-src 'self'; form-action 'self'"

const form = `<h1>Domains</h1>
<form method="post" action="/saved" enctype="multipart/form-data">
<label>Name <input name="name"></label>
<label for="note">Note</label><textarea id="note" name="note">old</textarea>
<label>Mode <select name="mode"><option value="on">Enforce</option><option value="off">Observe only</option></select></label>
<label><input type="checkbox" name="agree"> I agree</label>
<label>Until <input type="date" name="until"></label>
<label>List of recipients (CSV) <input type="file" name="list"></label>
<button>Save</button> <button disabled>Save later</button>
</form>
<details><summary>More</summary><p>Hidden before</p></details>
<a href="/table">All domains</a> <a href="#part">Part</a>
<noscript><p>Scripts are off</p></noscript>`

const table = `<table><tr><td>verybad@example.com</td><td><a href="/first">Test</a></td></tr>
<tr><td>bad@example.com</td><td><a href="/second">Test</a></td></tr></table>`

// page is a page of the test site, with no fault of its own.
func page(body string) string {
	return `<!DOCTYPE html><html lang="en"><head><title>Test site</title><meta name="viewport" content="width=device-width">` +
		`<link rel="icon" href="data:,"></head><body><main>` + body + `</main></body></html>`
}

// site serves small pages for a browser to act on, and pages that others give it.
func site(t *testing.T, pages map[string]string) string {
	t.Helper()
	mux := http.NewServeMux()
	serve := func(path, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			io.WriteString(w, page(body))
		})
	}
	serve("/{$}", form)
	serve("/table", "<h1>Table</h1>"+table)
	for path, body := range pages {
		serve(path, body)
	}
	mux.HandleFunc("POST /saved", saved)
	for name, script := range scripts {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			io.WriteString(w, script)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

var scripts = map[string]string{
	"error.js": `console.error("it broke", 7); undefinedFunction()`,
	"late.js": `document.querySelector("button").onclick = () => fetch("/late").then(r => r.text()).then(t => {
		document.querySelector("p").textContent = t; document.title = "changed" })`,
	"confirm.js": `document.querySelector("p").textContent = "answer " + confirm("Really?")`,
}

// saved says what a form sent.
func saved(w http.ResponseWriter, r *http.Request) {
	r.ParseMultipartForm(1 << 20)
	list := ""
	if f, _, err := r.FormFile("list"); err == nil {
		b, _ := io.ReadAll(f)
		list = string(b)
	}
	sent := ""
	for _, name := range []string{"name", "note", "mode", "agree", "until"} {
		sent += name + "=" + r.FormValue(name) + " "
	}
	io.WriteString(w, page("<h1>Saved</h1><p>"+html.EscapeString(sent+"list="+list)+"</p>"))
}

// elsewhere is a server that no page under test may reach. It counts who does.
func elsewhere(t *testing.T) (url string, reached *atomic.Int32) {
	t.Helper()
	reached = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reached.Add(1) }))
	t.Cleanup(server.Close)
	return server.URL, reached
}

// both runs a test in a page with JavaScript and in one without.
func both(t *testing.T, test func(t *testing.T, o browser.Options)) {
	t.Run("script", func(t *testing.T) { test(t, browser.Options{}) })
	t.Run("no script", func(t *testing.T) { test(t, browser.Options{NoScript: true}) })
}
