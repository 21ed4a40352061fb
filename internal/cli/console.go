package cli

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"os/user"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"callout/internal/access"
	"callout/internal/api"
	"callout/internal/callout"
	"callout/internal/decisions"
	"callout/internal/doctor"
	"callout/internal/history"
	"callout/internal/operate"
	"callout/internal/web"
)

// keptDecisions is how many decisions can be looked at.
const keptDecisions = 20_000

// console is what people work with while the server runs: API and pages, and what these stand on.
type console struct {
	access    *access.Access
	decisions *decisions.Log
	history   *history.History
	desk      *operate.Desk
	api       http.Handler
	pages     http.Handler
}

// openConsole makes the console. What it opened before an error is closed by close.
func (s *server) openConsole(ctx context.Context, registry *prometheus.Registry, own callout.Options) error {
	var err error
	c := &s.console
	if c.access, err = access.New(ctx, access.Options{Store: s.store, Log: s.log}); err != nil {
		return err
	}
	lookout := operate.NewLookout(s.verifier, s.pools, s.domains).WithHops(s.hops)
	if c.history, err = history.New(ctx, history.Options{
		Gatherer: registry, Store: s.store, Alerts: lookout.Alerts, Over: lookout.Over, Log: s.log,
	}); err != nil {
		return err
	}
	c.desk = operate.New(operate.Options{
		Verifier: s.verifier, Domains: s.domains, Pools: s.pools, Access: c.access, Decisions: c.decisions, History: c.history,
		Hops: s.hops, Ward: &doctor.Ward{}, Doctor: doctor.Options{Own: own.Own, Here: own.Here}, Log: s.log,
		Listener: s.ownListener(),
	})
	c.api = api.New(api.Options{Desk: c.desk, Access: c.access, Log: s.log, Version: Version}).Handler()
	shell, err := web.NewShell(web.ShellOptions{Log: s.log, TLS: s.config.HTTP.TLSCert != ""})
	if err != nil {
		return err
	}
	plain := s.config.HTTP.TLSCert == "" && s.config.HTTP.Insecure
	c.pages = web.New(web.Options{
		Shell: shell, Desk: c.desk, Access: c.access, Log: s.log, Secure: !plain, Version: Version,
	}).Handler()
	return nil
}

// ownListener returns what says which of our listeners a host leads to: as the file has them, which is what `config check` says,
// and where they listen in fact, at a port that was drawn or at every address of this machine, which is what the pools go by.
func (s *server) ownListener() func(callout.Host) string {
	type listener struct {
		key string
		own func(netip.AddrPort) bool
	}
	all := []listener{
		{"gateway.listen", ownAddresses(s.gatewayListeners)},
		{"policy.listen", ownAddresses(s.policyListeners)},
		{"http.listen", ownAddresses([]net.Listener{s.httpListener})},
	}
	return func(h callout.Host) string {
		if key := s.config.ListensAt(h); key != "" {
			return key
		}
		ip, err := netip.ParseAddr(h.Name)
		if err != nil {
			return ""
		}
		for _, l := range all {
			if l.own(netip.AddrPortFrom(ip.Unmap(), h.Port)) {
				return l.key
			}
		}
		return ""
	}
}

// close ends what runs by itself. The store is still open.
func (c *console) close(ctx context.Context) {
	if c.desk != nil {
		c.desk.Close()
	}
	if c.history != nil {
		c.history.Close(ctx)
	}
	if c.access != nil {
		c.access.Close(ctx)
	}
}

// socketActor says who is at the other end of a connection to the admin socket: whoever may connect may do everything, and
// the audit log has their name.
func socketActor(ctx context.Context, conn net.Conn) context.Context {
	return api.WithActor(ctx, &access.Actor{Name: peerName(conn), Role: access.RoleAdmin, Via: "socket"})
}

// peerName returns the local user at the other end of a unix socket.
func peerName(conn net.Conn) string {
	const unknown = "admin socket"
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return unknown
	}
	raw, err := unixConn.SyscallConn()
	if err != nil {
		return unknown
	}
	name := unknown
	_ = raw.Control(func(fd uintptr) { // on an error the name stays unknown
		cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err != nil {
			return
		}
		id := strconv.FormatUint(uint64(cred.Uid), 10)
		name = "uid " + id
		if u, err := user.LookupId(id); err == nil {
			name = u.Username
		}
	})
	return name
}
