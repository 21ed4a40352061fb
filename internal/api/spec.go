package api

// DomainSpec is what PUT of a domain takes: the keys of a [[domain]] in the configuration file, but its name. It is for the
// document alone; config reads what comes, and says what is wrong with it.
type DomainSpec struct {
	Destinations []any    `json:"destinations,omitempty" doc:"The servers that hold its mailboxes, in order of priority; a list inside is of equal priority. Not needed with the modes list and off" example:"[\"mx1.example.com:25\", [\"mx2.example.com\", \"mx3.example.com\"]]"`
	OnUnknown    string   `json:"on_unknown,omitempty" enum:"defer,accept" doc:"What becomes of a recipient that can't be found out; defer where absent"`
	Aliases      []string `json:"aliases,omitempty" doc:"Other names for the same mailboxes"`
	Mode         string   `json:"mode,omitempty" enum:"callout,list,list+callout,off" doc:"Where answers come from; callout where absent"`
	Recipients   []string `json:"recipients,omitempty" doc:"Local recipients: local-parts, addresses of the domain, or patterns like sales-*"`
	DeliverTo    []any    `json:"deliver_to,omitempty" doc:"Next hop for mail, where that is another; written like destinations"`
	Enforce      bool     `json:"enforce,omitempty" doc:"Refuse what does not exist"`

	ValidTTL            string `json:"valid_ttl,omitempty" doc:"How long an existing recipient is kept" example:"96h"`
	InvalidTTL          string `json:"invalid_ttl,omitempty" doc:"How long one that does not exist is kept" example:"2h"`
	RecheckInvalidAfter string `json:"recheck_invalid_after,omitempty" doc:"From when an invalid recipient is asked again; 0: never early" example:"30s"`
	RecheckValidAfter   string `json:"recheck_valid_after,omitempty" doc:"From when a valid recipient is asked again; 0: never early" example:"12h"`
	StaleValidFor       string `json:"stale_valid_for,omitempty" doc:"How long an expired valid verdict may serve" example:"168h"`

	MaxSessions              int      `json:"max_sessions,omitempty" minimum:"1" maximum:"100" doc:"Sessions to one host at a time"`
	ConnectTimeout           string   `json:"connect_timeout,omitempty" doc:"For one connection attempt" example:"5s"`
	ReplyTimeout             string   `json:"reply_timeout,omitempty" doc:"For the greeting and each reply" example:"30s"`
	Deadline                 string   `json:"deadline,omitempty" doc:"For a whole question" example:"60s"`
	AnswerWithin             string   `json:"answer_within,omitempty" doc:"A client is deferred after this" example:"25s"`
	Pipelining               string   `json:"pipelining,omitempty" enum:"auto,off" doc:"Send commands ahead where the host allows it"`
	RecipientsPerTransaction int      `json:"recipients_per_transaction,omitempty" minimum:"1" maximum:"100" doc:"Recipients asked in one transaction, at most"`
	CatchAllCheck            bool     `json:"catch_all_check,omitempty" doc:"Ask a random address first"`
	ProbePrefix              string   `json:"probe_prefix,omitempty" maxLength:"20" doc:"How random addresses begin"`
	ReplyText                string   `json:"reply_text,omitempty" enum:"own,destination" doc:"Whose words a refused client reads"`
	TLS                      string   `json:"tls,omitempty" enum:"opportunistic,off,require,verify" doc:"Encryption towards destinations"`
	ClientCert               string   `json:"client_cert,omitempty" maxLength:"0" doc:"Only \"\": no certificate is shown to destinations, whatever the configuration file says. It alone can name one"`
	ClientKey                string   `json:"client_key,omitempty" maxLength:"0" doc:"Only \"\", with client_cert"`
	Source                   []string `json:"source,omitempty" maxItems:"2" doc:"Local addresses that callouts come from, one of each family"`
	MailFrom                 string   `json:"mail_from,omitempty" doc:"The sender; the null sender where absent"`
}
