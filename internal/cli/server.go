package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/decisions"
	"callout/internal/domains"
	"callout/internal/front/gateway"
	"callout/internal/front/policy"
	"callout/internal/nexthop"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/verify"
)

// deliverBy is how long the gateway's running messages have when a shutdown begins.
const deliverBy = 30 * time.Second

// Times of the rest of a shutdown, all from its beginning, when no message is under way any more. What was asked is
// answered first; who still waits then is deferred, and what a destination holds up is cut.
const (
	answerBy = 6 * time.Second
	settleBy = 7 * time.Second
	quitBy   = 8 * time.Second
	writeBy  = 9 * time.Second
)

// databaseName is the store's file in data_dir.
const databaseName = "callout.db"

// server is a running server: everything that serve and demo start.
type server struct {
	config   *config.Config
	log      *slog.Logger
	level    *slog.LevelVar
	lock     *os.File
	store    *sqlite.Store
	behind   *store.Behind
	domains  *domains.Registry
	pools    *callout.Pools
	verifier *verify.Verifier
	policy   *policy.Server
	gateway  *gateway.Server // nil where it is off, as are hops
	hops     *nexthop.Hops
	console  console
	http     *http.Server // nil where it is off
	admin    *http.Server

	policyListeners  []net.Listener
	gatewayListeners []net.Listener
	httpListener     net.Listener
	adminListener    net.Listener

	draining atomic.Bool
	failed   chan error // a listener that ended by itself
}

// newServer opens what a server needs: first the listeners, which another program may hold, then the store.
// What it opened is closed again when anything fails.
func newServer(ctx context.Context, c *config.Config, log *slog.Logger, level *slog.LevelVar) (*server, error) {
	s := &server{config: c, log: log, level: level, failed: make(chan error, 8)}
	if err := s.open(ctx); err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

func (s *server) open(ctx context.Context) error {
	c := s.config
	if err := os.MkdirAll(c.DataDir, 0o750); err != nil {
		return fmt.Errorf("data_dir %s: %w; create it, or name another", c.DataDir, plainPathError(err))
	}
	var err error
	if s.lock, err = lockDir(c.DataDir); err != nil {
		return err
	}
	if err := s.listen(); err != nil {
		return err
	}
	if s.store, err = sqlite.Open(ctx, filepath.Join(c.DataDir, databaseName)); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.behind = store.NewBehind(s.store, store.BehindOptions{Log: s.log})
	registerStore(registry, s.behind)
	if s.domains, err = domains.New(ctx, s.store, s.behind, c.Domains, c.BuildDomain); err != nil {
		return err
	}
	s.warnShadowed()
	known, err := learned(ctx, s.store)
	if err != nil {
		return err
	}
	options := callout.Options{
		Log: s.log, Registerer: registry, Own: ownAddresses(slices.Concat(s.policyListeners, s.gatewayListeners, []net.Listener{s.httpListener})), Here: ofThisMachine,
		Learned: known, Remember: rememberIn(s.behind),
	}
	s.pools = callout.NewPools(options)
	s.console.decisions = decisions.NewLog(keptDecisions)
	s.verifier, err = verify.New(ctx, verify.Options{
		Domains: s.domains, Asker: s.pools, Store: s.store, Behind: s.behind,
		MaxEntries: c.MaxEntries, Log: s.log, Registerer: registry, Observe: s.console.decisions.Add,
	})
	if err != nil {
		return err
	}
	s.verifier.EnforceUnserved(c.Defaults.Enforce)
	s.policy = policy.New(s.verifier, s.log, registry)
	if err := s.openGateway(registry); err != nil {
		return err
	}
	if err := s.openConsole(ctx, registry, options); err != nil {
		return err
	}
	s.admin = httpServer(s.console.api, s.log)
	s.admin.ConnContext = socketActor
	return s.openHTTP(registry)
}

// listen opens the listeners.
func (s *server) listen() error {
	for _, l := range s.config.Policy {
		ln, err := listen(l, "policy.listen")
		if err != nil {
			return err
		}
		s.policyListeners = append(s.policyListeners, ln)
	}
	for _, l := range s.config.Gateway.Listen {
		ln, err := listen(l, "gateway.listen")
		if err != nil {
			return err
		}
		s.gatewayListeners = append(s.gatewayListeners, ln)
	}
	var err error
	if l := s.config.HTTP.Listen; l != nil {
		if s.httpListener, err = listen(*l, "http.listen"); err != nil {
			return err
		}
	}
	s.adminListener, err = listenUnix(filepath.Join(s.config.DataDir, adminSocket), 0o660, "")
	if err != nil {
		return fmt.Errorf("admin socket: %w", err)
	}
	return nil
}

// abandon closes what open had opened before it failed.
func (s *server) abandon() {
	for _, ln := range append(slices.Concat(s.policyListeners, s.gatewayListeners), s.httpListener, s.adminListener) {
		if ln != nil {
			ln.Close()
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.pools != nil {
		s.pools.Close(ctx)
	}
	s.console.close(ctx)
	if s.behind != nil {
		s.behind.Close(ctx)
	}
	if s.store != nil {
		s.store.Close()
	}
	if s.lock != nil {
		s.lock.Close()
	}
}

// start serves all listeners.
func (s *server) start() {
	for _, ln := range s.policyListeners {
		go func() { s.ended("policy", ln, s.policy.Serve(ln)) }()
	}
	for _, ln := range s.gatewayListeners {
		go func() { s.ended("gateway", ln, s.gateway.Serve(ln)) }()
	}
	if s.http != nil {
		go func() { s.ended("http", s.httpListener, s.serveHTTP()) }()
	}
	go func() { s.ended("admin", s.adminListener, s.admin.Serve(s.adminListener)) }()
}

// ended reports a listener that ended though nobody asked it to.
func (s *server) ended(what string, ln net.Listener, err error) {
	if err == nil || errors.Is(err, http.ErrServerClosed) || s.draining.Load() {
		return
	}
	s.failed <- fmt.Errorf("%s listener %s: %w", what, ln.Addr(), err)
}

// reload takes over a new configuration as far as it can be changed while the server runs.
func (s *server) reload(ctx context.Context, c *config.Config) error {
	removed, err := s.domains.Reload(ctx, c.Domains, c.BuildDomain)
	if err != nil {
		return err
	}
	s.verifier.EnforceUnserved(c.Defaults.Enforce)
	s.verifier.Forget(removed)
	s.level.Set(c.Log.Level)
	for _, key := range needRestart(s.config, c) {
		s.log.Warn("configuration: "+key+" has changed and takes effect at the next start", "file", c.Path)
	}
	s.warnShadowed()
	return nil
}

// needRestart names the keys that differ and are read only once.
func needRestart(old, new *config.Config) []string {
	var keys []string
	differ := func(key string, a, b any) {
		if fmt.Sprint(a) != fmt.Sprint(b) {
			keys = append(keys, key)
		}
	}
	differ("data_dir", old.DataDir, new.DataDir)
	differ("log.format", old.Log.Format, new.Log.Format)
	differ("policy.listen", listeners(old.Policy...), listeners(new.Policy...))
	was, is := gatewayKeys(old), gatewayKeys(new)
	for _, key := range slices.Sorted(maps.Keys(is)) {
		if before, ok := was[key]; ok { // a gateway that is new is told of by its listen alone
			differ(key, before, is[key])
		}
	}
	differ("cache.max_entries", old.MaxEntries, new.MaxEntries)
	httpOf := func(c *config.Config) string {
		if c.HTTP.Listen == nil {
			return ""
		}
		return listeners(*c.HTTP.Listen)
	}
	differ("http.listen", httpOf(old), httpOf(new))
	differ("http.tls_cert", old.HTTP.TLSCert, new.HTTP.TLSCert)
	differ("http.tls_key", old.HTTP.TLSKey, new.HTTP.TLSKey)
	differ("http.insecure", old.HTTP.Insecure, new.HTTP.Insecure)
	differ("http.proxy_from", old.HTTP.ProxyFrom, new.HTTP.ProxyFrom)
	return keys
}

// listeners puts all that a listener is made of in words, but for its place in the file.
func listeners(all ...config.Listen) string {
	var words []string
	for _, l := range all {
		words = append(words, fmt.Sprint(l.Network, " ", l.Address, " ", l.Mode, " ", l.Group))
	}
	return strings.Join(words, ", ")
}

func (s *server) warnShadowed() {
	for _, name := range s.domains.Shadowed() {
		s.log.Warn("domain is in the configuration file and in the store: the file's settings count", "domain", name)
	}
}

// shutGateway lets the messages finish that are under way. Questions of other front ends are answered meanwhile.
func (s *server) shutGateway() {
	if s.gateway == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), deliverBy)
	defer cancel()
	s.gateway.Shutdown(ctx)
	quit, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.hops.Close(quit)
}

// shutHTTP answers the requests that people and programs have made, and takes no more.
func (s *server) shutHTTP(ctx context.Context) {
	var both sync.WaitGroup
	for _, h := range []*http.Server{s.admin, s.http} {
		if h == nil {
			continue
		}
		both.Go(func() {
			if h.Shutdown(ctx) != nil {
				h.Close()
			}
		})
	}
	both.Wait()
}

// shutdown answers what was asked, says QUIT to destinations, writes what is to be kept and closes everything.
func (s *server) shutdown() {
	s.draining.Store(true)
	s.console.desk.Close() // who watches would hold up what follows
	s.shutGateway()
	begun := time.Now()
	by := func(d time.Duration) (context.Context, context.CancelFunc) {
		return context.WithDeadline(context.Background(), begun.Add(d))
	}
	ctx, cancel := by(answerBy)
	s.policy.Shutdown(ctx)
	cancel()
	ctx, cancel = by(settleBy)
	s.shutHTTP(ctx)
	s.verifier.Close(ctx)
	cancel()
	ctx, cancel = by(quitBy)
	if err := s.pools.Close(ctx); err != nil {
		s.log.Warn("shutdown: " + err.Error())
	}
	cancel()
	ctx, cancel = by(writeBy)
	defer cancel()
	if err := s.behind.Close(ctx); err != nil {
		s.log.Error("shutdown: verdicts could not be written; they will be asked again", "err", err)
	}
	s.console.close(ctx)
	if err := s.store.Close(); err != nil {
		s.log.Error("shutdown: closing the store", "err", err)
	}
	s.lock.Close()
}
