package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// widths are those at which a page must be readable.
var widths = []int{360, 1280, 2560}

// maxHeight bounds a screenshot, in pixels.
const maxHeight = 12000

// shotsFolder is where pictures of the test go, "" when nobody would find them.
func (p *Page) shotsFolder() string {
	if dir := os.Getenv("CALLOUT_SHOTS"); dir != "" {
		return dir
	}
	if kept := flag.Lookup("test.artifacts"); kept != nil && kept.Value.String() == "true" {
		return p.t.ArtifactDir()
	}
	return ""
}

// Screenshot writes a PNG of the window, or of the full page, to a path. A relative one is in the folder for pictures,
// and nothing is written when there is none.
func (p *Page) Screenshot(path string, full bool) {
	p.t.Helper()
	if !filepath.IsAbs(path) {
		dir := p.shotsFolder()
		if dir == "" {
			return
		}
		path = filepath.Join(dir, path)
	}
	ctx, cancel := p.deadline()
	defer cancel()
	if err := p.shoot(ctx, path, full); err != nil {
		p.t.Errorf("screenshot %s: %v", path, err)
	}
}

func (p *Page) shoot(ctx context.Context, path string, full bool) error {
	params := page.CaptureScreenshotParams{}
	if full {
		size, err := p.size(ctx)
		if err != nil {
			return err
		}
		beyond := true
		params.CaptureBeyondViewport = &beyond
		params.Clip = &page.Viewport{Width: size.X, Height: min(size.Y, maxHeight), Scale: 1}
	}
	picture, err := chromedp.Call(ctx, page.CaptureScreenshot, params)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, picture.Data, 0o644)
}

// size measures the whole page, whatever part of it a step is about.
func (p *Page) size(ctx context.Context) (found, error) {
	return (&Page{tab: p.tab}).find(ctx, "size", "", nil)
}

// Shots looks at the page light and dark at 360, 1280 and 2560 pixels, and fails the test where it is wider than the
// window. It writes name-light-360.png and so on to the folder for pictures when there is one, and leaves the page as
// it was.
func (p *Page) Shots(name string) {
	p.t.Helper()
	for _, theme := range []string{"light", "dark"} {
		for _, width := range widths {
			p.shot(fmt.Sprintf("%s-%s-%d.png", name, theme, width), theme == "dark", width)
		}
	}
	ctx, cancel := p.deadline()
	defer cancel()
	if err := chromedp.Do(ctx, p.look(p.options.Width, p.options.Height, p.options.Dark)); err != nil {
		p.fail("%v", err)
	}
}

func (p *Page) shot(file string, dark bool, width int) {
	p.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	if err := chromedp.Do(ctx, p.look(width, p.options.Height, dark)); err != nil {
		p.fail("%s: %v", file, err)
	}
	var size found
	err := p.until(ctx, func() (loaded bool, err error) {
		size, err = p.size(ctx)
		return size.Text == "", err
	})
	if err != nil {
		p.fail("%s: %s", file, whatOr(err.Error(), "a picture in it never loaded"))
	}
	if int(size.X) > width {
		p.t.Errorf("%s: the page is %d pixels wide in a window of %d; too wide: %s",
			file, int(size.X), width, strings.Join(size.Have, " "))
	}
	p.Screenshot(file, true)
}
