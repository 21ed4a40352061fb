package browser_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"callout/test/browser"
)

func TestWhatAPageComplainsOfIsCollected(t *testing.T) {
	other, reached := elsewhere(t)
	pages := map[string]string{
		"/error":   `<script src="/error.js"></script>`,
		"/inline":  `<script>document.title = "x"</script>`,
		"/style":   `<p style="color: red">text</p>`,
		"/port":    `<img alt="" src="` + other + `/a.png">`,
		"/name":    `<img alt="" src="http://elsewhere.example/a.png">`,
		"/missing": `<img alt="" src="/nothing.png">`,
		"/dialog":  `<p></p><script src="/confirm.js"></script>`,
	}
	tests := []struct {
		path string
		want []string // in one complaint each
	}{
		{"/error", []string{"console error: it broke 7", "undefinedFunction is not defined"}},
		{"/inline", []string{"script-src-elem"}},
		{"/style", []string{"style-src-attr"}},
		{"/port", []string{"another host: GET " + other + "/a.png"}},
		{"/name", []string{"another host: GET http://elsewhere.example/a.png"}},
		{"/missing", []string{"404 (Not Found)"}},
		{"/dialog", []string{"Really?"}},
		{"/nothing", nil}, // the document itself
		{"/", nil},
	}
	p := browser.Open(t, site(t, pages), browser.Options{})
	for _, test := range tests {
		p.Go(test.path)
		got := p.Complaints()
		if len(got) != len(test.want) {
			t.Errorf("%s: complained %q, want %d complaints", test.path, got, len(test.want))
		}
		for _, want := range test.want {
			if !slices.ContainsFunc(got, func(c string) bool { return strings.Contains(c, want) }) {
				t.Errorf("%s: complained %q, want %q", test.path, got, want)
			}
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached another server", n)
	}
	p.Allow("it broke")
	p.Allow("undefinedFunction")
	p.Go("/error")
	if got := p.Complaints(); got != nil {
		t.Errorf("complained of what is allowed: %q", got)
	}
}

func TestAFormAndALinkToAnotherServerGoNowhere(t *testing.T) {
	other, reached := elsewhere(t)
	both(t, func(t *testing.T, o browser.Options) {
		p := browser.Open(t, site(t, map[string]string{"/out": `<a href="` + other + `">Away</a>`}), o)
		p.Go("/out")
		p.Click("Away")
		if got := p.Complaints(); len(got) != 1 || !strings.Contains(got[0], other) {
			t.Errorf("complained %q, want one about %s", got, other)
		}
	})
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached another server", n)
	}
}

func TestAPageThatComplainedFailsItsTest(t *testing.T) {
	base := site(t, map[string]string{"/error": `<script src="/error.js"></script>`})
	r := record(t, func(r *recorder) { browser.Open(r, base, browser.Options{}).Go("/error") })
	if len(r.errors) != 2 || !strings.Contains(r.errors[0], "it broke") {
		t.Errorf("the test failed with %q, want the console error and the uncaught one", r.errors)
	}
	r = record(t, func(r *recorder) { browser.Open(r, base, browser.Options{}).Go("/") })
	if len(r.errors) != 0 {
		t.Errorf("a test of a good page failed: %q", r.errors)
	}
}

func TestAFailureSaysWhatThereWasInstead(t *testing.T) {
	shots := t.TempDir()
	t.Setenv("CALLOUT_SHOTS", shots)
	base := site(t, nil)
	tests := []struct {
		name string
		act  func(p *browser.Page)
		want []string
	}{
		{"no such button", func(p *browser.Page) { p.Click("Delete") }, []string{`click "Delete"`, "Save | Save later", "Domains Name"}},
		{"no such field", func(p *browser.Page) { p.Fill("Colour", "red") }, []string{`fill "Colour"`, "Name | Note"}},
		{"no such option", func(p *browser.Page) { p.Choose("Mode", "Sleep") }, []string{"Enforce | Observe only"}},
		{"disabled", func(p *browser.Page) { p.Click("Save later") }, []string{"it is disabled"}},
		{"no such text", func(p *browser.Page) { p.WaitText("blue") }, []string{`"blue"`, "not shown"}},
		{"text that stays", func(p *browser.Page) { p.WaitNoText("Enforce") }, []string{"still shown"}},
		{"no such row", func(p *browser.Page) { p.Row("nobody").Click("Save") }, []string{`in the row of "nobody"`, "not there"}},
		{"several", func(p *browser.Page) { p.Go("/table"); p.Click("Test") }, []string{"fits several", "<a> Test | <a>"}},
		{"no file", func(p *browser.Page) { p.Upload("List of recipients", "/nowhere.csv") }, []string{"/nowhere.csv"}},
		{"axe without scripts", func(p *browser.Page) { p.Axe() }, []string{"JavaScript is off"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := record(t, func(r *recorder) {
				p := browser.Open(r, base, browser.Options{NoScript: true})
				p.Go("/")
				test.act(p.Within(time.Second))
				t.Error("the step went on")
			})
			if len(r.errors) != 1 {
				t.Fatalf("failed with %q, want one failure", r.errors)
			}
			for _, want := range append(test.want, "picture: "+shots+"/failed-") {
				if !strings.Contains(r.errors[0], want) {
					t.Errorf("failed with\n%s\nwant %q in it", r.errors[0], want)
				}
			}
		})
	}
}

func TestAMissingBrowserFailsAndSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := browser.StartForTest(); err == nil || !strings.Contains(err.Error(), "test/install-packages") {
		t.Errorf("said %v, want test/install-packages", err)
	}
}

// recorder is a test that may fail without failing the one that runs it.
type recorder struct {
	testing.TB
	errors   []string
	cleanups []func()
}

// record runs what a test does and then its cleanups.
func record(t *testing.T, test func(r *recorder)) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			for _, f := range slices.Backward(r.cleanups) {
				f()
			}
		}()
		test(r)
	}()
	<-ended
	return r
}

func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }
func (r *recorder) Fatal(args ...any)                 { r.Fatalf("%s", fmt.Sprint(args...)) }
