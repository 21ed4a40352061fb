package cli

import (
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/certfile"
	"callout/internal/config"
	"callout/internal/front/gateway"
	"callout/internal/nexthop"
	"callout/internal/smtpwire"
)

// openGateway makes the gateway, where the configuration has one.
func (s *server) openGateway(r prometheus.Registerer) error {
	g := &s.config.Gateway
	if len(g.Listen) == 0 {
		return nil
	}
	o := gateway.Options{
		Settings: gatewaySettings(s.config), Verifier: s.verifier, Domains: s.domains, Log: s.log, Registerer: r,
	}
	if g.TLSCert != "" {
		certificate, err := certfile.Load(g.TLSCert, g.TLSKey, s.certificateChanged)
		if err != nil {
			return &statusError{exitUsage, fmt.Errorf("%s: gateway.tls_cert: %w", s.config.Path, err)}
		}
		o.Certificate = certificate.Now
	}
	s.hops = nexthop.New(nexthop.Options{Pools: s.pools, Log: s.log, Registerer: r})
	o.Hops = s.hops
	s.gateway = gateway.New(o)
	return nil
}

// gatewaySettings is what the gateway is told of the configuration.
func gatewaySettings(c *config.Config) gateway.Settings {
	g := &c.Gateway
	newlines := smtpwire.RejectBare
	if g.BareNewline == config.BareNewlineNormalize {
		newlines = smtpwire.NormalizeBare
	}
	return gateway.Settings{
		Hostname: c.Hostname, Announce: g.Announce,
		MaxConnections: g.MaxConnections, MaxConnectionsPerClient: g.MaxConnectionsPerClient,
		MaxRecipients: g.MaxRecipients, MaxMessageSize: g.MaxMessageSize, MaxErrors: g.MaxErrors,
		CommandTimeout: g.CommandTimeout, DataTimeout: g.DataTimeout, SessionTimeout: g.SessionTimeout,
		MinDataRate: g.MinDataRate, BannerDelay: g.BannerDelay,
		Newlines: newlines, ProxyFrom: g.ProxyFrom, XCLIENT: g.XCLIENT, Postmaster: g.Postmaster,
	}
}

// certificateChanged tells what became of a change of the gateway's certificate.
func (s *server) certificateChanged(err error) {
	if err != nil {
		s.log.Error("gateway: " + err.Error())
		return
	}
	s.log.Info("gateway: the certificate was read anew", "file", s.config.Gateway.TLSCert)
}

// warnGateway says what a gateway lacks that the RFCs ask for.
func (s *server) warnGateway() {
	if s.gateway == nil {
		return
	}
	if name := s.config.Gateway.Postmaster; name != "" && s.domains.Lookup(name[strings.LastIndexByte(name, '@')+1:]) == nil {
		s.log.Warn("gateway.postmaster is at a domain that is not served: mail to <postmaster> is refused; name an address of one that is", "postmaster", name, "config", s.config.Path)
	}
	if s.config.Gateway.Postmaster == "" {
		s.log.Warn("gateway.postmaster is not set: mail to <postmaster> without a domain is refused (RFC 5321 section 4.5.1 wants it taken)", "config", s.config.Path)
	}
	if s.config.Gateway.TLSCert == "" {
		s.log.Warn("gateway.tls_cert is not set: mail comes in without encryption", "config", s.config.Path)
	}
}

// gatewayKeys puts the keys of [gateway] that are read only once in words, by name.
func gatewayKeys(c *config.Config) map[string]string {
	g := gatewaySettings(c)
	listen := listeners(c.Gateway.Listen...)
	keys := map[string]string{"gateway.listen": listen, "gateway.tls_cert": c.Gateway.TLSCert, "gateway.tls_key": c.Gateway.TLSKey}
	if listen == "" {
		return keys // the others mean nothing
	}
	for key, value := range map[string]any{
		"announce": strings.Join(g.Announce, " "), "max_connections": g.MaxConnections, "max_connections_per_client": g.MaxConnectionsPerClient,
		"max_recipients": g.MaxRecipients, "max_message_size": g.MaxMessageSize, "max_errors": g.MaxErrors, "command_timeout": g.CommandTimeout,
		"data_timeout": g.DataTimeout, "session_timeout": g.SessionTimeout, "min_data_rate": g.MinDataRate, "banner_delay": g.BannerDelay,
		"bare_newline": g.Newlines, "proxy_from": g.ProxyFrom, "xclient": g.XCLIENT, "postmaster": g.Postmaster,
	} {
		keys["gateway."+key] = fmt.Sprint(value)
	}
	return keys
}
