// Package parameters is the Parameter Store of Systems Manager in one region: the account's parameters with their versions and
// labels, and the public ones that lead to images.
package parameters

import (
	"slices"
	"time"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Room is the Parameter Store of one region.
type Room struct {
	*room.Base
	images     Images
	parameters *store.Table[parameterRow] // by key
	keys       *store.Table[[]byte]       // that secrets are sealed with, by alias
}

// Images are EC2's images, as parameters name them.
type Images interface {
	// HasImage tells whether the account may launch from an image.
	HasImage(id string) bool
	// PublicParameters are those that lead to the public images.
	PublicParameters() []Public
}

// Public is one of AWS's own parameters.
type Public struct {
	Name, Image string
	Made        time.Time
}

// Load reads the tables.
func Load(base *room.Base, images Images) (*Room, error) {
	r := &Room{Base: base, images: images}
	var err error
	room.LoadTable(r.DB, "parameters", &r.parameters, &err)
	room.LoadTable(r.DB, "parameter-keys", &r.keys, &err)
	return r, err
}

// parameterRow is a parameter with the versions that are kept, oldest first. It has at least one.
type parameterRow struct {
	Name     string
	Tags     map[string]string
	Versions []versionRow

	public bool // one of AWS's own, which no table has
}

type versionRow struct {
	Number         int64
	Type           ssmtypes.ParameterType
	Value          string // of a SecureString sealed
	Description    string
	AllowedPattern string
	KeyID          string // of a SecureString
	Tier           ssmtypes.ParameterTier
	DataType       string
	Modified       time.Time
	User           string // the ARN of who made it
	Labels         []string
}

func (p parameterRow) latest() versionRow { return p.Versions[len(p.Versions)-1] }

// version finds a version by its number.
func (p parameterRow) version(number int64) (versionRow, bool) {
	i := slices.IndexFunc(p.Versions, func(v versionRow) bool { return v.Number == number })
	if i < 0 {
		return versionRow{}, false
	}
	return p.Versions[i], true
}

// labelled finds the version that has a label.
func (p parameterRow) labelled(label string) (versionRow, bool) {
	i := slices.IndexFunc(p.Versions, func(v versionRow) bool { return slices.Contains(v.Labels, label) })
	if i < 0 {
		return versionRow{}, false
	}
	return p.Versions[i], true
}

// arn is a parameter's ARN: its name's first slash is the ARN's, and AWS's own are of no account.
func (r *Room) arn(p parameterRow) string {
	account := r.Account
	if p.public {
		account = ""
	}
	return "arn:aws:ssm:" + r.Region + ":" + account + ":parameter" + withSlash(p.Name)
}

// user is who changes parameters: the cloud's account.
func (r *Room) user() string { return "arn:aws:iam::" + r.Account + ":root" }

// find finds a parameter of the account, or one of AWS's own.
func (r *Room) find(tx *store.Tx, name string) (parameterRow, bool) {
	if p, ok := r.parameters.GetTx(tx, key(name)); ok {
		return p, true
	}
	return r.findPublic(name)
}

// change changes a parameter of the account.
func (r *Room) change(name string, change func(*store.Tx, *parameterRow) error) error {
	return r.Update(func(tx *store.Tx) error {
		row, ok := r.parameters.GetTx(tx, key(name))
		if !ok {
			return notFound()
		}
		row.Versions = slices.Clone(row.Versions)
		if err := change(tx, &row); err != nil {
			return err
		}
		return r.parameters.Put(tx, key(name), row)
	})
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

// notFound has no message, as AWS's has none.
func notFound() error { return &wire.Error{Code: "ParameterNotFound"} }

func versionNotFound(name, selector string) error {
	return wire.Errorf("ParameterVersionNotFound", "Systems Manager could not find version %s of %s. Verify the version and try again.", selector, name)
}

// page cuts a listing as Systems Manager does.
func page[T any](rows []T, key func(T) string, size *int32, token *string, usual int32) ([]T, *string, error) {
	return room.Page(rows, key, size, token, room.Paging{
		Usual: usual, Least: 1, Most: usual, // other sizes break the model's constraints
		BadToken: func(string) error { return wire.Errorf("InvalidNextToken", "The specified token is not valid.") },
	})
}
