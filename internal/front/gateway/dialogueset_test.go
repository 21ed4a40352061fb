package gateway_test

import (
	"strconv"
	"strings"
	"time"

	"callout/internal/domains"
	"callout/internal/front/gateway"
	"callout/internal/smtpwire"
)

// gatewaySettings are what "set" may set of the gateway. A value that can't be read is the zero value.
var gatewaySettings = map[string]func(s *gateway.Settings, value string){
	"announce":         func(s *gateway.Settings, value string) { s.Announce = strings.Fields(value) },
	"banner_delay":     func(s *gateway.Settings, value string) { s.BannerDelay, _ = time.ParseDuration(value) },
	"bare_newline":     func(s *gateway.Settings, value string) { s.Newlines = newlinesNames[value] },
	"max_errors":       func(s *gateway.Settings, value string) { s.MaxErrors, _ = strconv.Atoi(value) },
	"max_message_size": func(s *gateway.Settings, value string) { s.MaxMessageSize, _ = strconv.ParseInt(value, 10, 64) },
	"max_recipients":   func(s *gateway.Settings, value string) { s.MaxRecipients, _ = strconv.Atoi(value) },
	"postmaster":       func(s *gateway.Settings, value string) { s.Postmaster = strings.TrimPrefix(value, "none") },
}

var newlinesNames = map[string]smtpwire.Newlines{"reject": smtpwire.RejectBare, "normalize": smtpwire.NormalizeBare}

// domainSettings are what "set" may set of each domain, key and value.
var domainSettings = map[string]func(*domains.Domain){
	"enforce false":          func(d *domains.Domain) { d.Settings.Enforce = false },
	"mode off":               func(d *domains.Domain) { d.Mode = domains.ModeOff },
	"on_unknown accept":      func(d *domains.Domain) { d.Settings.AcceptUnknown = true },
	"reply_text destination": func(d *domains.Domain) { d.Settings.DestinationText = true },
}
