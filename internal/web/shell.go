package web

import (
	"io/fs"
	"log/slog"
	"net/http"
	"time"
)

// ShellOptions are what a Shell needs.
type ShellOptions struct {
	Log *slog.Logger
	TLS bool             // the listener speaks TLS, or what stands before it does: browsers are told to keep to it
	Now func() time.Time // nil: time.Now
}

// Shell is what every page stands in: layout, stylesheet, scripts, security headers. It knows nothing of what pages show.
// It is safe for use by several goroutines.
type Shell struct {
	log    *slog.Logger
	tls    bool
	now    func() time.Time
	assets *assets
	pages  pages
	// who returns who sends a request that is refused before the session is read; nil where nobody can be known.
	who func(*http.Request) *Viewer
}

// NewShell parses every template. Static files are read once for all shells.
func NewShell(o ShellOptions) (*Shell, error) {
	return newShell(o, templateFiles)
}

func newShell(o ShellOptions, templates fs.FS) (*Shell, error) {
	s := &Shell{log: o.Log, tls: o.TLS, now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if s.assets, err = ownAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = parsePages(templates, s.functions()); err != nil {
		return nil, err
	}
	return s, nil
}

// Static serves the stylesheet, scripts and images; it belongs at /static/ and may be seen without logging in.
func (s *Shell) Static() http.Handler { return s.assets }
