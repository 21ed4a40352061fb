package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/domains"
	"callout/internal/operate"
	"callout/internal/verify"
)

// serverWithin is how long check waits for what a running server knows.
const serverWithin = 5 * time.Second

// finder finds the destination of a domain: the one given by --to, the configuration's, or that of a running
// server.
type finder struct {
	config   *config.Config
	to       callout.Destination
	hostname string // to say in EHLO, "" for the configuration's
}

func newFinder(path, to string) (*finder, error) {
	f := &finder{}
	var err error
	f.config, err = loadConfig(path)
	if err != nil {
		if to == "" || path != defaultConfig || !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		f.config = config.Default() // --to needs none
	}
	if to != "" {
		h, err := callout.ParseHost(to)
		if err != nil {
			return nil, fmt.Errorf("--to: %w", err)
		}
		f.to = callout.Destination{{h}}
	}
	return f, nil
}

// find returns a domain to ask, or an alias under its own name.
func (f *finder) find(ctx context.Context, name string) (*domains.Domain, error) {
	d, err := f.known(ctx, name)
	switch {
	case err != nil && f.to == nil:
		return nil, err
	case err != nil:
		d = &domains.Domain{Name: name, Settings: f.config.Defaults}
	}
	if f.to != nil {
		d.Destination = f.to
	}
	if f.hostname != "" {
		d.Settings.Callout.Hostname = f.hostname
	}
	return d, nil
}

// known returns a copy of a domain of the configuration or, where that has none, of the server that runs with it.
func (f *finder) known(ctx context.Context, name string) (*domains.Domain, error) {
	for _, d := range f.config.Domains {
		if slices.Contains(d.Names(), name) {
			return underName(d, name), nil
		}
	}
	var stored operate.Domain
	err := f.server(ctx, domainPath(name), &stored)
	if err == nil && stored.AliasOf != "" {
		err = f.server(ctx, domainPath(stored.AliasOf), &stored)
	}
	if err != nil || len(stored.Spec) == 0 {
		return nil, fmt.Errorf("domain %s is not in %s, nor in a server that runs with it; say whom to ask with --to HOST:PORT", name, f.config.Path)
	}
	d, err := f.config.BuildDomain(stored.Name, stored.Spec)
	if err != nil {
		return nil, err
	}
	return underName(d, name), nil
}

// underName returns a domain as it is under one of its names.
func underName(d *domains.Domain, name string) *domains.Domain {
	one := *d
	if name != d.Name {
		one.Name, one.AliasOf = name, d.Name
	}
	return &one
}

// local says why the mode of a domain decides on a recipient, "" where the destination does: as operate.Verdict has it, with what
// a running server knows of local recipients.
func (f *finder) local(ctx context.Context, d *domains.Domain, r address.Recipient) string {
	if d.Mode == domains.ModeList || d.Mode == domains.ModeListCallout {
		var v operate.Verdict
		if err := f.server(ctx, verdictPath(r.String()), &v); err == nil {
			return v.Local
		}
	}
	return verify.LocalReason(d, r)
}

// server asks the server that runs with the configuration, if one does.
func (f *finder) server(ctx context.Context, path string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, serverWithin)
	defer cancel()
	return newClient(filepath.Join(f.config.DataDir, adminSocket)).do(ctx, http.MethodGet, path, nil, out)
}
