package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	startLimit = 60 * time.Second // a first start on a busy machine reads 300 MB from the disk
	endLimit   = 20 * time.Second
)

// flags of chromium beside those of chromedp. Those about the network keep it from calling its maker's servers, and no
// name is looked up at all: tests reach their servers as 127.0.0.1.
var flags = map[string]any{
	"no-sandbox":                          true, // tests may run as root
	"disable-gpu":                         true,
	"disable-quic":                        true,
	"disable-component-update":            true,
	"disable-crash-reporter":              true,
	"disable-domain-reliability":          true,
	"disable-features":                    "Translate,OptimizationHints,MediaRouter,AutofillServerCommunication",
	"force-prefers-reduced-motion":        true,
	"host-resolver-rules":                 "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
	"disable-search-engine-choice-screen": true,
}

// process is the one chromium of a test binary: started by the first page, ended by Main.
type process struct {
	mu     sync.Mutex
	inMain bool
	ctx    context.Context // chromedp's, nil until started
	end    context.CancelFunc
	dir    string // profile, temporary files and home folder
	err    error  // why it did not start
}

var chromium process

// Main runs the tests and then ends the browser, when one was started, and everything that it started. It returns what
// to exit with: not 0 either when a process of the browser had to be killed.
func Main(m interface{ Run() int }) int {
	chromium.mu.Lock()
	chromium.inMain = true
	chromium.mu.Unlock()
	code := m.Run()
	if err := chromium.close(); err != nil {
		fmt.Fprintln(os.Stderr, "test/browser:", err)
		return max(code, 1)
	}
	return code
}

// context returns chromedp's context of the browser, which it starts when there is none yet.
func (p *process) context(t testing.TB) context.Context {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.inMain {
		t.Fatal("nobody ends the browser after the tests: end TestMain with os.Exit(browser.Main(m))")
	}
	if p.ctx == nil && p.err == nil {
		p.err = p.start()
	}
	if p.err != nil {
		t.Fatal(p.err)
	}
	return p.ctx
}

func (p *process) start() error {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return errors.New("chromium is not installed: run test/install-packages as root")
	}
	if p.dir, err = os.MkdirTemp("", "callout-browser-"); err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(p.dir, "profile")),
		chromedp.Env("TMPDIR="+p.dir, "HOME="+p.dir, "XDG_CONFIG_HOME="+p.dir, "XDG_CACHE_HOME="+p.dir),
	)
	for name, value := range flags {
		options = append(options, chromedp.Flag(name, value))
	}
	parent, endAll := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(parent)
	p.end = func() { endBrowser(); endAll() }
	// chromedp ends the browser with the context that starts it, so that the start can't have one with a deadline.
	tooLong := time.AfterFunc(startLimit, endBrowser)
	defer tooLong.Stop()
	if err := chromedp.Do(ctx); err != nil {
		p.end()
		os.RemoveAll(p.dir)
		return fmt.Errorf("start %s: %w", path, err)
	}
	p.ctx = ctx
	return nil
}

// close ends the browser, first as its window's close button would, and sees to it that nothing of it is left.
func (p *process) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.ctx, endLimit)
	defer cancel()
	err := chromedp.Cancel(ctx)
	p.end()
	p.ctx = nil
	return errors.Join(err, killLeftovers(p.dir, 5*time.Second), os.RemoveAll(p.dir))
}
