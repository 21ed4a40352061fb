// Package browser lets tests use the pages as a person does, in Debian's chromium: open a page, fill the field with
// this label, click the button with this text, read what it says then. It knows nothing of the pages themselves.
//
// TestMain of a package that uses it ends with os.Exit(browser.Main(m)). A test then opens a page of its own, with
// cookies of its own, and acts on it:
//
//	p := browser.Open(t, server.URL, browser.Options{})
//	p.Go("/login")
//	p.Fill("Name", "anna")
//	p.Fill("Password", "correct horse battery")
//	p.Click("Log in")
//	p.WaitText("Domains")
//	p.Row("example.com").Click("Clear")
//
// Each step waits until what it needs is there, at most Options.Within, and fails the test when it is not: with what
// was there instead, and a screenshot where a folder for it is given. Mouse and keyboard are real input events, so that
// the same test also works with JavaScript off (Options.NoScript).
//
// No page leaves the server under test: a request elsewhere is refused before it leaves the browser. A page that asked
// for one, logged an error, broke its content security policy or could not load something fails its test, unless the
// test takes the complaint (Page.Complaints) or expects it (Page.Allow).
//
// Files go to the folder in CALLOUT_SHOTS, an absolute path, or else to where `go test -artifacts` puts them.
package browser
