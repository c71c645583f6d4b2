package http1

// Class is how dangerous it is to pass a request on, since two programs could read it differently
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#desync-mitigation-mode, which leaves
// the definition to https://github.com/aws/http-desync-guardian).
type Class int

// The classes, the worst last.
const (
	Compliant Class = iota
	Acceptable
	Ambiguous
	Severe
)

func (c Class) String() string {
	return [...]string{"Compliant", "Acceptable", "Ambiguous", "Severe"}[c]
}

// Reason is why a request is not compliant, by the code of AWS's access logs
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#classification-reasons).
type Reason string

// The reasons of each class.
const (
	GetHeadZeroContentLength Reason = "GetHeadZeroContentLength"
	NonCompliantHeader       Reason = "NonCompliantHeader"
	NonCompliantVersion      Reason = "NonCompliantVersion"
	SpaceInURI               Reason = "SpaceInUri"

	AmbiguousURI                       Reason = "AmbiguousUri"
	BothTeClPresent                    Reason = "BothTeClPresent"
	DuplicateContentLength             Reason = "DuplicateContentLength"
	EmptyHeader                        Reason = "EmptyHeader"
	SuspiciousHeader                   Reason = "SuspiciousHeader"
	UndefinedContentLengthSemantics    Reason = "UndefinedContentLengthSemantics"
	UndefinedTransferEncodingSemantics Reason = "UndefinedTransferEncodingSemantics"

	BadContentLength                Reason = "BadContentLength"
	BadHeader                       Reason = "BadHeader"
	BadMethod                       Reason = "BadMethod"
	BadTransferEncoding             Reason = "BadTransferEncoding"
	BadURI                          Reason = "BadUri"
	BadVersion                      Reason = "BadVersion"
	MultipleContentLength           Reason = "MultipleContentLength"
	MultipleTransferEncodingChunked Reason = "MultipleTransferEncodingChunked"
)

var classes = map[Reason]Class{
	GetHeadZeroContentLength: Acceptable, NonCompliantHeader: Acceptable, NonCompliantVersion: Acceptable, SpaceInURI: Acceptable,

	AmbiguousURI: Ambiguous, BothTeClPresent: Ambiguous, DuplicateContentLength: Ambiguous, EmptyHeader: Ambiguous, SuspiciousHeader: Ambiguous,
	UndefinedContentLengthSemantics: Ambiguous, UndefinedTransferEncodingSemantics: Ambiguous,

	BadContentLength: Severe, BadHeader: Severe, BadMethod: Severe, BadTransferEncoding: Severe, BadURI: Severe, BadVersion: Severe,
	MultipleContentLength: Severe, MultipleTransferEncodingChunked: Severe,
}

// find notes a reason; the first of the worst class stays.
func (q *Request) find(reason Reason) {
	if class := classes[reason]; class > q.Class {
		q.Class, q.Reason = class, reason
	}
}
