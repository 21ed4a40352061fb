package browser

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// fail ends the test and says where the page is, what it shows and where a picture of it is.
func (p *Page) fail(format string, args ...any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	at, err := p.readNow(ctx, "location.href + ' (' + document.title + ')'")
	shown, textErr := p.readNow(ctx, "document.body ? document.body.innerText : ''")
	if err := errors.Join(err, textErr); err != nil {
		shown = "can't be read: " + err.Error()
	}
	if shown = strings.Join(strings.Fields(shown), " "); len(shown) > 800 {
		shown = shown[:800] + "..."
	}
	p.t.Fatalf("%s\n  page:    %s\n  shows:   %s\n  picture: %s", fmt.Sprintf(format, args...), at, shown, p.failureShot(ctx))
}

func (p *Page) failureShot(ctx context.Context) string {
	dir := p.shotsFolder()
	if dir == "" {
		return "none: set CALLOUT_SHOTS to a folder"
	}
	name := strings.NewReplacer("/", "-", " ", "_").Replace(p.t.Name())
	path := filepath.Join(dir, "failed-"+name+".png")
	if err := p.shoot(ctx, path, true); err != nil {
		return "none: " + err.Error()
	}
	return path
}
