package records

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/routing"
)

// fields is how many fields a value has, and Route 53's message if some are missing.
var fields = map[r53types.RRType]struct {
	n         int
	code, say string
}{
	r53types.RRTypeCname: {1, "CNAMERRDATANotSingleField", "Value is not a single field"},
	r53types.RRTypeNs:    {1, "NSRRDATANotSingleField", "Value is not a single field"},
	r53types.RRTypePtr:   {1, "PTRRRDATANotSingleField", "Value is not a single field"},
	r53types.RRTypeMx:    {2, "MXRRDATANotTwoFields", "MX record doesn't have 2 fields"},
	r53types.RRTypeSrv:   {4, "SRVRRDATANotFourFields", "SRV record doesn't have 4 fields"},
	r53types.RRTypeDs:    {4, "DSRRDATANotFourFields", "DS record doesn't have 4 fields"},
	r53types.RRTypeTlsa:  {4, "TLSARRDATANotFourFields", "TLSA record doesn't have 4 fields"},
	r53types.RRTypeSshfp: {3, "SSHFPRRDATANotThreeFields", "SSHFP record doesn't have 3 fields"},
	r53types.RRTypeSoa:   {7, "SOARRDATANotSevenFields", "SOA record doesn't have 7 fields"},
}

// Value checks one value's syntax, and that the name servers can serve it.
func Value(kind r53types.RRType, v string) error {
	if v == "" || len(v) > 4000 {
		return fatal("InvalidLength", "Value must have between 1 and 4000 characters", v)
	}
	if strings.IndexFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return fatal("UnsupportedCharacter", "Value contains unsupported characters", v)
	}
	switch kind {
	case r53types.RRTypeA:
		if addr, err := netip.ParseAddr(v); err != nil || !addr.Is4() {
			return fatal("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", v)
		}
	case r53types.RRTypeAaaa:
		if addr, err := netip.ParseAddr(v); err != nil || !addr.Is6() || addr.Zone() != "" {
			return fatal("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address", v)
		}
	case r53types.RRTypeTxt, r53types.RRTypeSpf:
		if err := quoted(v); err != nil {
			return err
		}
	default:
		if err := plain(kind, v); err != nil {
			return err
		}
	}
	if _, err := routing.Parse("x.", string(kind), 0, v); err != nil {
		return fatal(string(kind)+"RRDATAInvalid", "Value is not valid", v)
	}
	return nil
}

// plain checks a value made of fields that are no character strings.
func plain(kind r53types.RRType, v string) error {
	want, ok := fields[kind]
	if !ok {
		return nil
	}
	have := strings.Fields(v)
	if len(have) != want.n || strings.ContainsAny(v, `"();`) {
		return fatal(want.code, want.say, v)
	}
	names := have[len(have)-1:]
	switch kind {
	case r53types.RRTypeSoa:
		names = have[:2]
	case r53types.RRTypeDs, r53types.RRTypeTlsa, r53types.RRTypeSshfp:
		if _, err := hex.DecodeString(have[len(have)-1]); err != nil {
			return fatal(string(kind)+"RRDATAInvalid", "Value is not valid", v)
		}
		names = nil
	}
	for _, n := range names {
		if _, err := Name(n); err != nil {
			return err
		}
	}
	return nil
}

// quoted checks the value of a TXT record: character strings in quotation marks of at most 255 octets each
// (developer guide, "TXT record type").
func quoted(v string) error {
	rest := v
	for rest != "" {
		if rest[0] != '"' {
			return fatal("InvalidCharacterString", "Value should be enclosed in quotation marks", v)
		}
		n, i := 0, 1
		for ; i < len(rest) && rest[i] != '"'; n++ {
			switch {
			case rest[i] != '\\':
				i++
			case i+3 < len(rest) && isOctal(rest[i+1:i+4]):
				i += 4
			default:
				i += 2
			}
		}
		if i >= len(rest) {
			return fatal("InvalidCharacterString", "Value should be enclosed in quotation marks", v)
		}
		if n > 255 {
			return fatal("CharacterStringTooLong", "Value is too long", v)
		}
		rest = strings.TrimLeft(rest[i+1:], " \t")
	}
	return nil
}

// supported refuses record types that Route 53 does not have.
func supported(set *r53types.ResourceRecordSet) error {
	if slices.Contains(set.Type.Values(), set.Type) {
		return nil
	}
	return request.BadInput("Invalid XML ; cvc-enumeration-valid: Value '%s' is not facet-valid with respect to the enumeration of record types.", set.Type)
}
