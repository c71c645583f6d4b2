package compute

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/sshkey"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// keyPairRow is a key pair. Of its private key nothing is kept.
type keyPairRow struct {
	ID, Name, Fingerprint string
	Type                  ec2types.KeyType
	Public                string // "ssh-ed25519 AAAA... NAME", as the metadata service tells it
	Created               time.Time
}

var keyPairKind = kinds.Add(resource.Kind[*Room]{
	Prefix: "key", Tagged: ec2types.ResourceTypeKeyPair, Missing: missingKeyPairID,
	Exists: resource.Within(func(r *Room) *store.Table[keyPairRow] { return r.keyPairs }),
})

func missingKeyPairID(id string) error {
	return wire.Errorf("InvalidKeyPair.NotFound", "The key pair ID '%s' does not exist", id)
}

func missingKeyPair(name string) error {
	return wire.Errorf("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
}

// keyPair finds a key pair by its name, which no two of a region share.
func (r *Room) keyPair(tx *store.Tx, name string) (keyPairRow, bool) {
	for _, k := range r.keyPairs.AllTx(tx) {
		if k.Name == name {
			return k, true
		}
	}
	return keyPairRow{}, false
}

// checkKeyName applies the rule of CreateKeyPair: up to 255 ASCII characters, no space at either end.
func checkKeyName(name *string) error {
	if err := resource.Required("KeyName", name); err != nil {
		return err
	}
	if len(*name) > 255 || !printable(*name) || strings.TrimSpace(*name) != *name {
		return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter KeyName is invalid. "+
			"It must have up to 255 ASCII characters, and no leading or trailing spaces.", *name)
	}
	return nil
}

// printable tells text of ASCII's printable characters.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' })
}

// putKeyPair writes a new key pair.
func (r *Room) putKeyPair(name string, key sshkey.Public, fingerprint string, tags []ec2types.TagSpecification, in any) (keyPairRow, error) {
	row := keyPairRow{
		ID: keyPairKind.NewID(), Name: name, Fingerprint: fingerprint, Type: ec2types.KeyTypeEd25519, Public: key.Line() + " " + name,
		Created: time.Now().UTC(),
	}
	if key.IsRSA() {
		row.Type = ec2types.KeyTypeRsa
	}
	return row, r.Update(func(tx *store.Tx) error {
		if _, taken := r.keyPair(tx, name); taken {
			return wire.Errorf("InvalidKeyPair.Duplicate", "The keypair already exists")
		}
		if err := r.keyPairs.Put(tx, row.ID, row); err != nil {
			return err
		}
		if err := r.TagNew(tx, tags, row.ID); err != nil {
			return err
		}
		return room.DryRun(in)
	})
}

// CreateKeyPair makes a key pair. The answer has its private key, and nothing else ever has.
func (r *Room) CreateKeyPair(ctx context.Context, in *ec2.CreateKeyPairInput) (*ec2.CreateKeyPairOutput, error) {
	if err := room.Only(in, "KeyFormat", "KeyName", "KeyType", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := checkKeyName(in.KeyName); err != nil {
		return nil, err
	}
	if in.KeyFormat == ec2types.KeyFormatPpk {
		return nil, wire.Errorf("UnsupportedOperation", "The key format 'ppk' is not supported here: puttygen makes it of 'pem'.")
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeKeyPair); err != nil {
		return nil, err
	}
	generate := sshkey.NewRSA
	if in.KeyType == ec2types.KeyTypeEd25519 {
		generate = sshkey.NewEd25519
	}
	made, err := generate()
	if err != nil {
		return nil, err
	}
	row, err := r.putKeyPair(*in.KeyName, made.Public, made.Fingerprint, in.TagSpecifications, in)
	if err != nil {
		return nil, err
	}
	return &ec2.CreateKeyPairOutput{
		KeyPairId: &row.ID, KeyName: &row.Name, KeyFingerprint: &row.Fingerprint, KeyMaterial: &made.Private, Tags: r.Tags(row.ID),
	}, nil
}

// ImportKeyPair keeps a public key.
func (r *Room) ImportKeyPair(ctx context.Context, in *ec2.ImportKeyPairInput) (*ec2.ImportKeyPairOutput, error) {
	if err := room.Only(in, "KeyName", "PublicKeyMaterial", "TagSpecifications"); err != nil {
		return nil, err
	}
	if err := checkKeyName(in.KeyName); err != nil {
		return nil, err
	}
	if len(in.PublicKeyMaterial) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter PublicKeyMaterial")
	}
	if err := resource.CheckTagSpecs(in.TagSpecifications, ec2types.ResourceTypeKeyPair); err != nil {
		return nil, err
	}
	key, err := sshkey.Parse(in.PublicKeyMaterial)
	switch {
	case errors.Is(err, sshkey.ErrLength):
		return nil, wire.Errorf("InvalidKey.Format", "Unsupported length of an RSA key")
	case err != nil:
		return nil, wire.Errorf("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
	}
	row, err := r.putKeyPair(*in.KeyName, key, key.Fingerprint(), in.TagSpecifications, in)
	if err != nil {
		return nil, err
	}
	return &ec2.ImportKeyPairOutput{KeyPairId: &row.ID, KeyName: &row.Name, KeyFingerprint: &row.Fingerprint, Tags: r.Tags(row.ID)}, nil
}

// DescribeKeyPairs lists key pairs.
func (r *Room) DescribeKeyPairs(ctx context.Context, in *ec2.DescribeKeyPairsInput) (*ec2.DescribeKeyPairsOutput, error) {
	if err := room.Only(in, "Filters", "IncludePublicKey", "KeyNames", "KeyPairIds"); err != nil {
		return nil, err
	}
	ids := append([]string{}, in.KeyPairIds...)
	for _, name := range in.KeyNames {
		k, ok := r.keyPair(nil, name)
		if !ok {
			return nil, missingKeyPair(name)
		}
		ids = append(ids, k.ID)
	}
	l := resource.Listing[keyPairRow]{
		ID: func(k keyPairRow) string { return k.ID }, Missing: missingKeyPairID,
		Fields: resource.Fields[keyPairRow]{
			"key-pair-id": resource.One(func(k keyPairRow) string { return k.ID }),
			"key-name":    resource.One(func(k keyPairRow) string { return k.Name }),
			"fingerprint": resource.One(func(k keyPairRow) string { return k.Fingerprint }),
		},
	}
	rows, _, err := l.List(r.Registry, r.keyPairs.All(), ids, in.Filters, nil, nil)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeKeyPairsOutput{KeyPairs: []ec2types.KeyPairInfo{}}
	for _, k := range rows {
		shown := ec2types.KeyPairInfo{
			KeyPairId: new(k.ID), KeyName: new(k.Name), KeyFingerprint: new(k.Fingerprint), KeyType: k.Type, CreateTime: new(k.Created), Tags: r.Tags(k.ID),
		}
		if room.Deref(in.IncludePublicKey) {
			shown.PublicKey = new(k.Public)
		}
		out.KeyPairs = append(out.KeyPairs, shown)
	}
	return out, nil
}

// DeleteKeyPair deletes a key pair; one that does not exist is no error. Instances keep its public key.
func (r *Room) DeleteKeyPair(ctx context.Context, in *ec2.DeleteKeyPairInput) (*ec2.DeleteKeyPairOutput, error) {
	if err := room.Only(in, "KeyName", "KeyPairId"); err != nil {
		return nil, err
	}
	if (room.Deref(in.KeyName) == "") == (room.Deref(in.KeyPairId) == "") {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter KeyName or KeyPairId, and not both")
	}
	out := &ec2.DeleteKeyPairOutput{Return: new(true)}
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.keyPairs.GetTx(tx, room.Deref(in.KeyPairId))
		if in.KeyName != nil {
			row, ok = r.keyPair(tx, *in.KeyName)
		}
		if err := room.DryRun(in); err != nil || !ok {
			return err
		}
		out.KeyPairId = &row.ID
		return r.Remove(tx, row.ID, r.keyPairs.Delete)
	})
	return out, err
}
