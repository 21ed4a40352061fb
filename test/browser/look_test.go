package browser_test

import (
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callout/test/browser"
)

func TestViolationsNameTheRuleAndTheElement(t *testing.T) {
	p := browser.Open(t, site(t, map[string]string{
		"/bad": `<h1>Title</h1><input id="field"><img id="picture" src="data:,">`,
	}), browser.Options{})
	p.Go("/bad")
	got := p.Violations()
	if len(got) != 2 || !slices.ContainsFunc(got, func(v string) bool {
		return strings.HasPrefix(v, "image-alt (critical): #picture: Images must have alternative text")
	}) {
		t.Errorf("found %q, want the picture and the field", got)
	}
	p.Complaints()
	p.Go("/")
	p.Axe()
}

func TestShotsAreOfEachWidthLightAndDark(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CALLOUT_SHOTS", dir)
	p := browser.Open(t, site(t, nil), browser.Options{})
	p.Go("/")
	p.Shots("start")
	for name, width := range map[string]int{
		"start-light-360": 360, "start-light-1280": 1280, "start-light-2560": 2560,
		"start-dark-360": 360, "start-dark-1280": 1280, "start-dark-2560": 2560,
	} {
		f, err := os.Open(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Error(err)
			continue
		}
		defer f.Close()
		if c, err := png.DecodeConfig(f); err != nil || c.Width != width {
			t.Errorf("%s is %d pixels wide, %v", name, c.Width, err)
		}
	}
}

func TestAPageWiderThanItsWindowFails(t *testing.T) {
	base := site(t, map[string]string{"/wide": "<p id=wide>" + strings.Repeat("wide", 100) + "</p>"})
	r := record(t, func(r *recorder) {
		p := browser.Open(r, base, browser.Options{})
		p.Go("/wide")
		p.Shots("wide")
	})
	if len(r.errors) == 0 || !strings.Contains(r.errors[0], "wide-light-360.png") || !strings.Contains(r.errors[0], "<p#wide>") {
		t.Errorf("failed with %q, want the page at 360 pixels", r.errors)
	}
}

func TestAPageIsShownAsThePersonPrefers(t *testing.T) {
	for _, dark := range []bool{false, true} {
		p := browser.Open(t, site(t, nil), browser.Options{Dark: dark, Width: 400, Height: 300})
		p.Go("/")
		got := p.EvalForTest("[matchMedia('(prefers-color-scheme: dark)').matches, innerWidth, innerHeight].join()")
		if want := map[bool]string{false: "false,400,300", true: "true,400,300"}[dark]; got != want {
			t.Errorf("dark %t: the page sees %s, want %s", dark, got, want)
		}
	}
}
