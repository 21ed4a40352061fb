package domains

import (
	"time"

	"callout/internal/callout"
)

// Origin says where a domain was made and so where it can be changed.
type Origin uint8

// Where a domain comes from.
const (
	FromFile  Origin = iota // the configuration file: read-only at run time
	FromStore               // added at run time
)

// String returns "file" or "store".
func (o Origin) String() string {
	if o == FromStore {
		return "store"
	}
	return "file"
}

// Domain is one domain that Callout serves. It is never changed once it is in a Registry: a change makes a
// new one.
type Domain struct {
	Name        string // lower-case A-labels
	Origin      Origin
	AliasOf     string   // the domain that this is an alias of: all but Name and Epoch is that domain's; "" for a domain
	Aliases     []string // of a domain: other names for its mailboxes, each asked under its own
	Destination callout.Destination
	// DeliverTo is where the gateway passes mail on to; nil for the destination itself.
	DeliverTo  callout.Destination
	Mode       Mode
	Recipients *Recipients // local recipients of file and store together; nil for none
	Settings   Settings
	// Epoch is the store's count of changes of what is asked for this name: what was found in an earlier one is
	// void, but for valid verdicts.
	Epoch uint64
}

// Mode says where the answers for a domain come from.
type Mode uint8

// The modes.
const (
	ModeCallout     Mode = iota // its destinations are asked
	ModeList                    // local recipients alone
	ModeListCallout             // local recipients are accepted, the rest is asked
	ModeOff                     // no opinion
)

var modeNames = [...]string{"callout", "list", "list+callout", "off"}

// String returns the mode as the configuration has it.
func (m Mode) String() string { return modeNames[m] }

// Settings are the rules by which a domain's recipients are asked, kept and answered.
type Settings struct {
	Enforce         bool // false: what would be refused or deferred is accepted, and said to be
	AcceptUnknown   bool // on_unknown = "accept": what can't be found out is let through
	DestinationText bool // reply_text = "destination": the client is told the destination's own words
	Cache           Cache
	CatchAllCheck   bool          // ask a random address first
	ProbePrefix     string        // begins the random local-part, "" for none
	AnswerWithin    time.Duration // a front end defers after this; the callout goes on
	Callout         callout.Settings
}

// Cache says for how long verdicts are kept and when they are asked again.
type Cache struct {
	ValidTTL            time.Duration
	InvalidTTL          time.Duration
	RecheckInvalidAfter time.Duration
	RecheckValidAfter   time.Duration
	StaleValidFor       time.Duration
}

// DefaultSettings returns the settings of a domain that sets nothing.
func DefaultSettings() Settings {
	return Settings{
		Enforce: true,
		Cache: Cache{
			ValidTTL:            96 * time.Hour,
			InvalidTTL:          2 * time.Hour,
			RecheckInvalidAfter: 30 * time.Second,
			RecheckValidAfter:   12 * time.Hour,
			StaleValidFor:       168 * time.Hour,
		},
		CatchAllCheck: true,
		AnswerWithin:  25 * time.Second,
		Callout:       callout.DefaultSettings(),
	}
}
