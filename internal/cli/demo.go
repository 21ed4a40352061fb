package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"callout/internal/access"
	"callout/internal/lab"
)

// demoAddresses are where demo listens.
type demoAddresses struct{ policy, gateway, http, destination string }

func (a *app) demoCommand() *cobra.Command {
	var once bool
	var at demoAddresses
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show everything on this machine alone: a destination to ask, the front ends, and a tour",
		Args:  arguments(0, 0, ""),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), at, once) },
	}
	cmd.Flags().BoolVar(&once, "once", false, "end after the tour")
	cmd.Flags().StringVar(&at.policy, "policy", "127.0.0.1:10040", "`HOST:PORT` of the policy front end")
	cmd.Flags().StringVar(&at.gateway, "gateway", "127.0.0.1:2525", "`HOST:PORT` of the SMTP gateway")
	cmd.Flags().StringVar(&at.http, "http", "127.0.0.1:8025", "`HOST:PORT` of the HTTP listener")
	cmd.Flags().StringVar(&at.destination, "destination", "127.0.0.1:2526", "`HOST:PORT` where the demo's own destination listens")
	return cmd
}

// The domains of the demo.
const (
	demoDomain   = "example.com"
	demoCatchAll = "catchall.example"
	demoSlow     = "slow.example"
	demoDelay    = 1500 * time.Millisecond
)

// demoConfig is the configuration of a demo, as a file would have it.
const demoConfig = `hostname = "filter.example.net"
data_dir = %q
log      = { level = "warn" }
[policy]
listen = [%q]
[gateway]
listen = [%q]
postmaster = "postmaster@` + demoDomain + `"
[http]
listen = %q
[[domain]]
name = "` + demoDomain + `"
destinations = [%[5]q]
[[domain]]
name = "` + demoCatchAll + `"
destinations = [%[5]q]
[[domain]]
name = "` + demoSlow + `"
destinations = [%[5]q]
`

func (a *app) demo(ctx context.Context, at demoAddresses, once bool) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	ln, err := net.Listen("tcp", at.destination)
	if err != nil {
		return &statusError{exitUsage, fmt.Errorf("demo: --destination %s: %s", at.destination, plainListenError(err))}
	}
	destination := &lab.Destination{Hostname: "mx.example.com", TakesMail: true, Domains: map[string]lab.Domain{
		demoDomain:   {Mailboxes: []string{"john", "jane", "postmaster", "john smith"}},
		demoCatchAll: {CatchAll: true},
		demoSlow:     {Mailboxes: []string{"john"}, Delay: demoDelay},
	}}
	at.destination = ln.Addr().String()
	go destination.Serve(ln)
	defer destination.Close()

	dir, err := os.MkdirTemp("", "callout-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer os.RemoveAll(dir)
	s, flush, err := a.startDemo(ctx, dir, at)
	defer flush()
	if err != nil {
		return err
	}
	defer s.shutdown()
	at.policy, at.gateway = s.policyListeners[0].Addr().String(), s.gatewayListeners[0].Addr().String() // port 0 takes a free one
	at.http = s.httpListener.Addr().String()

	password, err := s.addDemoAdmin(ctx)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	t := &tour{a: a, password: password, server: s, destination: destination, at: at}
	if err := t.run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	if once {
		return nil
	}
	t.whatNext(dir)
	select {
	case <-ctx.Done():
	case err := <-s.failed:
		return err
	}
	fmt.Fprintln(a.out, "\nstopped")
	return nil
}

// demoAdmin is who may log in.
const demoAdmin = "admin"

// addDemoAdmin makes the user that the demo's pages are looked at with, and returns the password: a new one each time.
func (s *server) addDemoAdmin(ctx context.Context) (password string, err error) {
	password = strings.ToLower(rand.Text()[:12])
	_, err = s.console.access.PutUser(ctx, demoAdmin, access.UserChange{Role: access.RoleAdmin, Password: password})
	return password, err
}

// startDemo starts a server with the demo's configuration.
func (a *app) startDemo(ctx context.Context, dir string, at demoAddresses) (s *server, flush func(), err error) {
	flush = func() {}
	text := fmt.Sprintf(demoConfig, dir, at.policy, at.gateway, at.http, at.destination)
	path := dir + "/callout.toml"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, flush, fmt.Errorf("demo: %w", err)
	}
	c, err := loadConfig(path)
	if err != nil {
		return nil, flush, err
	}
	log, level, flush := a.newLogger(c.Log)
	s, err = newServer(ctx, c, log, level)
	var unusable *statusError
	if errors.As(err, &unusable) {
		return nil, flush, fmt.Errorf("demo: %w; --policy, --gateway and --http choose other addresses", err)
	}
	if err != nil {
		return nil, flush, err
	}
	s.start()
	return s, flush, nil
}
