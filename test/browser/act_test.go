package browser_test

import (
	"strings"
	"testing"

	"callout/test/browser"
	"callout/test/servers"
)

func TestAFormIsFilledAndSentWithAndWithoutScripts(t *testing.T) {
	both(t, func(t *testing.T, o browser.Options) {
		list := servers.Folder(t) + "/list.csv"
		servers.Write(t, list, "anna,bob")
		p := browser.Open(t, site(t, nil), o)
		p.Go("/")
		p.Fill("Name", "ex&ample")
		p.Fill("Note", "new")
		p.Choose("Mode", "Observe only")
		p.Check("I agree", true)
		p.Check("I agree", true)
		p.Fill("Until", "2027-01-31")
		p.Upload("List of recipients", list)
		if got := p.Value("Mode") + p.Value("I agree"); got != "Observe onlytrue" {
			t.Errorf("the form holds %q", got)
		}
		p.Click("Save")
		if got, want := p.Text("p"), "name=ex&ample note=new mode=off agree=on until=2027-01-31 list=anna,bob"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		if p.Status() != 200 || !strings.HasSuffix(p.URL(), "/saved") {
			t.Errorf("at %s with status %d", p.URL(), p.Status())
		}
	})
}

func TestAClickReturnsWhenTheNextPageIsThere(t *testing.T) {
	both(t, func(t *testing.T, o browser.Options) {
		p := browser.Open(t, site(t, nil), o)
		for range 3 {
			p.Go("/")
			p.Click("Save")
			if got := p.Text("h1"); got != "Saved" {
				t.Fatalf("after a form was sent the page is %q", got)
			}
			p.Go("/")
			p.Click("All domains")
			if got := p.Text("h1"); got != "Table" {
				t.Fatalf("after a link was followed the page is %q", got)
			}
		}
	})
}

func TestKeysWorkWithAndWithoutScripts(t *testing.T) {
	both(t, func(t *testing.T, o browser.Options) {
		p := browser.Open(t, site(t, nil), o)
		p.Go("/")
		p.Fill("Name", "anna")
		p.Press("Tab")
		p.Press("Shift+Tab")
		if got := p.Focus(); got != "<input> Name" {
			t.Errorf("the focus is on %q", got)
		}
		p.Press("End")
		p.Press("b")
		p.Press("Enter")
		p.WaitText("name=annab")
	})
}

func TestPartsOfAPageAreToldApart(t *testing.T) {
	p := browser.Open(t, site(t, map[string]string{"/second": "the second"}), browser.Options{})
	p.Go("/table")
	p.Row("bad@example.com").Click("Test")
	p.WaitText("The  second")
	p.Go("/table")
	if got := p.In("tr").Text("td"); got != "verybad@example.com" {
		t.Errorf("the first row begins with %q", got)
	}
	if got := p.Row("verybad").Text(""); got != "verybad@example.com\tTest" {
		t.Errorf("the first row is %q", got)
	}
	if got := p.Texts("td:first-child"); len(got) != 2 {
		t.Errorf("the first column is %q", got)
	}
	p.Row("verybad").WaitNoText("second")
}

func TestWhatOpensAndWhatScriptsFetchIsWaitedFor(t *testing.T) {
	p := browser.Open(t, site(t, map[string]string{
		"/live": `<button>Ask</button><p></p><script src="/late.js"></script>`,
		"/late": "the answer",
	}), browser.Options{})
	p.Go("/live")
	p.Click("Ask")
	p.WaitText("the answer")
	p.Go("/")
	if p.Shows("hidden before") || p.Shows("scripts are off") {
		t.Error("shows what is hidden")
	}
	p.Click("More")
	p.WaitText("hidden before")
}

func TestScriptsDontRunWhereTheyAreOff(t *testing.T) {
	base := site(t, map[string]string{"/broken": `<p>text</p><script src="/error.js"></script>`})
	p := browser.Open(t, base, browser.Options{NoScript: true})
	p.Go("/broken")
	p.Go("/")
	p.WaitText("Scripts are off")
}

func TestEachPageHasCookiesOfItsOwn(t *testing.T) {
	base := site(t, map[string]string{"/cookie": "<p>none</p>"})
	first, second := browser.Open(t, base, browser.Options{}), browser.Open(t, base, browser.Options{})
	first.Go("/cookie")
	first.EvalForTest("document.cookie = 'a=b'")
	second.Go("/cookie")
	if got := second.EvalForTest("document.cookie"); got != "" {
		t.Errorf("the second page has %q of the first", got)
	}
	if got := first.EvalForTest("document.cookie"); got != "a=b" {
		t.Errorf("the first page has %q", got)
	}
}
