package parameters

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

const (
	plain  = ssmtypes.ParameterTypeString
	list   = ssmtypes.ParameterTypeStringList
	secure = ssmtypes.ParameterTypeSecureString
)

// What is put is what is read, also after a restart, with what AWS adds.
func TestParametersAreKept(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.put("/app/db/host", plain, "db.example")
	d.put("names", list, "a,b")
	d.put("/app/db/password", secure, "hunter2 and more")
	d.put("/app/db/host", "", "db2.example") // the type stays
	for range 2 {
		host := d.get("/app/db/host")
		if host.Type != plain || *host.Value != "db2.example" || host.Version != 2 || *host.DataType != "text" || host.Selector != nil ||
			*host.ARN != "arn:aws:ssm:us-east-1:111122223333:parameter/app/db/host" || host.LastModifiedDate.IsZero() {
			t.Errorf("%+v", host)
		}
		for _, name := range []string{"names", "/names", " names ", "arn:aws:ssm:us-east-1:111122223333:parameter/names"} {
			if p := d.get(name); p.Type != list || *p.Value != "a,b" || *p.Name != "names" {
				t.Errorf("%s is %s %s", name, *p.Name, *p.Value)
			}
		}
		if p := d.get("/app/db/password"); *p.Value != "hunter2 and more" {
			t.Errorf("the secret is %s", *p.Value)
		}
		sealed := *roomtest.Must(d.GetParameter(ctx, &ssm.GetParameterInput{Name: new("/app/db/password")}))(t).Parameter.Value
		if strings.Contains(sealed, "hunter2") || sealed == "" {
			t.Errorf("without decryption the secret is %q", sealed)
		}
		d.reopen()
	}
}

func TestPutParameterIsRefused(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.put("/there", plain, "1")
	roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{Name: new("/big"), Type: plain, Value: new("1"), Tier: ssmtypes.ParameterTierAdvanced}))(t)
	const form = `Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; ` +
		`each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`
	for _, c := range []struct {
		edit    func(*ssm.PutParameterInput)
		code    string
		message string
	}{
		{func(in *ssm.PutParameterInput) { in.Name = new("there") }, "ParameterAlreadyExists",
			"The parameter already exists. To overwrite this value, set the overwrite option in the request to true."},
		{func(in *ssm.PutParameterInput) { in.Name = new("awsome") }, "AccessDeniedException", "No access to reserved parameter name: awsome."},
		{func(in *ssm.PutParameterInput) { in.Name = new("/AWS/service/x") }, "AccessDeniedException", "No access to reserved parameter name: AWS/service/x."},
		{func(in *ssm.PutParameterInput) { in.Name = new("/SSMthing") }, "ValidationException", form},
		{func(in *ssm.PutParameterInput) { in.Name = new("two words") }, "ValidationException", form},
		{func(in *ssm.PutParameterInput) { in.Name = new("/a//b") }, "ValidationException", form},
		{func(in *ssm.PutParameterInput) { in.Name = new("/") }, "ValidationException", form},
		{func(in *ssm.PutParameterInput) { in.Name = new("a/b") }, "ValidationException", "Parameter name must be a fully qualified name."},
		{func(in *ssm.PutParameterInput) { in.Name = new(strings.Repeat("/l", 16)) },
			"HierarchyLevelLimitExceededException", "A hierarchy can have a maximum of 15 levels."},
		{func(in *ssm.PutParameterInput) { in.Name = new(strings.Repeat("n", 1000)) }, "ValidationException",
			"The parameter name is too long: with the ARN before it, it can have at most 1011 characters."},
		{func(in *ssm.PutParameterInput) { in.Type = "" }, "ValidationException", "A parameter type is required when you create a parameter."},
		{func(in *ssm.PutParameterInput) { in.Value = new("") }, "ValidationException",
			"1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1."},
		{func(in *ssm.PutParameterInput) { in.Value = new("{{ssm:other}}") }, "ValidationException",
			`Parameter value can't nest another parameter. Do not use "{{}}" in the value.`},
		{func(in *ssm.PutParameterInput) { in.Value = new(strings.Repeat("v", 4097)) }, "ValidationException",
			"Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the " +
				"advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"},
		{func(in *ssm.PutParameterInput) {
			in.Value, in.Tier = new(strings.Repeat("v", 8193)), ssmtypes.ParameterTierIntelligentTiering
		}, "ValidationException", "Advanced tier parameters support a maximum parameter value of 8192 characters."},
		{func(in *ssm.PutParameterInput) {
			in.Name, in.Tier, in.Overwrite = new("/big"), ssmtypes.ParameterTierStandard, new(true)
		}, "ValidationException", "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the " +
			"standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter."},
		{func(in *ssm.PutParameterInput) { in.AllowedPattern = new(`\d{1,4}`) }, "ParameterPatternMismatchException",
			`Parameter value, cannot be validated against allowedPattern: \d{1,4}`},
		{func(in *ssm.PutParameterInput) { in.AllowedPattern = new(`(x`) }, "InvalidAllowedPatternException",
			"The request does not meet the regular expression requirement: missing closing )."},
		{func(in *ssm.PutParameterInput) { in.AllowedPattern = new(`(?=x)x`) }, "UnsupportedOperation",
			"The allowed pattern (?=x)x is not supported here: invalid or unsupported Perl syntax."},
		{func(in *ssm.PutParameterInput) { in.DataType = new("Text") }, "ValidationException",
			"The following data type is not supported: Text (Data type names are all lowercase.)"},
		{func(in *ssm.PutParameterInput) { in.DataType = new("aws:ssm:integration") }, "UnsupportedOperation",
			"The data type 'aws:ssm:integration' is not supported here."},
		{func(in *ssm.PutParameterInput) { in.DataType, in.Type = new("aws:ec2:image"), list }, "ValidationException",
			"The data type aws:ec2:image is supported for parameters of the type String only."},
		{func(in *ssm.PutParameterInput) { in.KeyId = new("alias/aws/ssm") }, "ValidationException", "KeyId is required for SecureString type parameter only."},
		{func(in *ssm.PutParameterInput) { in.KeyId, in.Type = new("alias/mine"), secure }, "InvalidKeyId",
			"Alias arn:aws:kms:us-east-1:111122223333:alias/mine is not found."},
		{func(in *ssm.PutParameterInput) { in.KeyId, in.Type = new("0ab1"), secure }, "InvalidKeyId",
			"Key 'arn:aws:kms:us-east-1:111122223333:key/0ab1' does not exist"},
		{func(in *ssm.PutParameterInput) {
			in.Overwrite, in.Tags = new(true), []ssmtypes.Tag{{Key: new("a"), Value: new("b")}}
		}, "ValidationException", "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. " +
			"To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource."},
		{func(in *ssm.PutParameterInput) { in.Tags = []ssmtypes.Tag{{Key: new("aws:a"), Value: new("b")}} }, "ValidationException",
			"aws: prefixed tag key names are not allowed for external use: aws:a"},
		{func(in *ssm.PutParameterInput) { in.Policies = new(`[{"Type":"Expiration"}]`) }, "UnsupportedOperation",
			"The parameter 'Policies' is not supported here."},
	} {
		in := &ssm.PutParameterInput{Name: new("/new"), Type: plain, Value: new("letters")}
		c.edit(in)
		_, err := d.PutParameter(ctx, in)
		refused(t, fmt.Sprintf("PutParameter %.40s %.40s", *in.Name, *in.Value), err, c.code, c.message)
	}
	if n := d.r.parameters.Len(); n != 2 {
		t.Errorf("%d parameters, want the two that were made", n)
	}
}

// A secret is in no error, and not on the disk as it is.
func TestSecretsAreNotTold(t *testing.T) {
	d := open(t)
	const secret = "correct-horse-battery"
	put := func(edit func(*ssm.PutParameterInput)) error {
		in := &ssm.PutParameterInput{Name: new("/s"), Type: secure, Value: new(secret), Overwrite: new(true)}
		edit(in)
		_, err := d.PutParameter(t.Context(), in)
		return err
	}
	if err := put(func(*ssm.PutParameterInput) {}); err != nil {
		t.Fatal(err)
	}
	for what, edit := range map[string]func(*ssm.PutParameterInput){
		"pattern": func(in *ssm.PutParameterInput) { in.AllowedPattern = new(`\d+`) },
		"size":    func(in *ssm.PutParameterInput) { in.Value = new(strings.Repeat(secret, 300)) },
		"nested":  func(in *ssm.PutParameterInput) { in.Value = new("{{" + secret + "}}") },
		"type":    func(in *ssm.PutParameterInput) { in.DataType = new("aws:ec2:image") },
		"again":   func(in *ssm.PutParameterInput) { in.Overwrite = nil },
	} {
		if err := put(edit); err == nil || strings.Contains(err.Error(), "horse") {
			t.Errorf("%s: %v", what, err)
		}
	}
	d.end()
	files, err := filepath.Glob(filepath.Join(d.dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), secret) {
			t.Errorf("%s has the secret", name)
		}
	}
	d.load()
	if got := *d.get("/s").Value; got != secret {
		t.Errorf("the secret is %s", got)
	}
}

// What a new version does not say stays, a tier rises where it has to, and a hundred versions are kept.
func TestVersions(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	first := roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{
		Name: new("/v"), Type: plain, Value: new("1"), Description: new("a number"), AllowedPattern: new(`[0-9]+`), Tier: ssmtypes.ParameterTierIntelligentTiering,
	}))(t)
	if first.Version != 1 || first.Tier != ssmtypes.ParameterTierStandard {
		t.Errorf("%+v", first)
	}
	big := roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{
		Name: new("/v"), Value: new(strings.Repeat("2", 5000)), Overwrite: new(true), Tier: ssmtypes.ParameterTierIntelligentTiering,
	}))(t)
	if big.Version != 2 || big.Tier != ssmtypes.ParameterTierAdvanced {
		t.Errorf("%+v", big)
	}
	_, err := d.PutParameter(ctx, &ssm.PutParameterInput{Name: new("/v"), Value: new("three"), Overwrite: new(true)})
	refused(t, "a value that the pattern forbids", err, "ParameterPatternMismatchException", "Parameter value, cannot be validated against allowedPattern: [0-9]+")
	roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{
		Name: new("/v"), Value: new("three"), Type: secure, AllowedPattern: new(""), Description: new("a word"), Overwrite: new(true),
	}))(t)
	var got []string
	for _, v := range d.history("/v") {
		got = append(got, fmt.Sprintf("%d %s %.3s %s %s %s", v.Version, v.Type, *v.Value, deref(v.Description), deref(v.AllowedPattern), deref(v.KeyId)))
	}
	want := []string{"1 String 1 a number [0-9]+ ", "2 String 222 a number [0-9]+ ", "3 SecureString thr a word  alias/aws/ssm"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"/w", "/v:1"} {
		_, err = d.GetParameterHistory(ctx, &ssm.GetParameterHistoryInput{Name: &name})
		refused(t, "the history of "+name, err, "ParameterNotFound", "")
	}
	for n := int64(4); n <= 102; n++ {
		if got := d.put("/v", "", fmt.Sprint(n)); got != n {
			t.Fatalf("version %d, want %d", got, n)
		}
	}
	if all := d.history("/v"); len(all) != 100 || all[0].Version != 3 {
		t.Errorf("%d versions from %d on", len(all), all[0].Version)
	}
	roomtest.Must(d.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: new("/v"), ParameterVersion: new(int64(3)), Labels: []string{"prod"}}))(t)
	_, err = d.PutParameter(ctx, &ssm.PutParameterInput{Name: new("/v"), Value: new("x"), Overwrite: new(true)})
	refused(t, "when the oldest has a label", err, "ParameterMaxVersionLimitExceeded",
		"You attempted to create a new version of /v by calling the PutParameter API with the overwrite flag. Version 3, the oldest version, can't be deleted "+
			"because it has a label associated with it. Move the label to another version of the parameter, and try again.")
}

func (d *desk) history(name string) (all []ssmtypes.ParameterHistory) {
	d.t.Helper()
	for p := ssm.NewGetParameterHistoryPaginator(d.Client, &ssm.GetParameterHistoryInput{
		Name: &name, WithDecryption: new(true), MaxResults: new(int32(7)),
	}); p.HasMorePages(); {
		all = append(all, roomtest.Must(p.NextPage(d.t.Context()))(d.t).Parameters...)
	}
	return all
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// A parameter of an image is made only where it is the id of one, and its maker is told of nothing.
func TestImagesAreLookedAt(t *testing.T) {
	d := open(t)
	put := func(ctx context.Context, value string) *ssm.PutParameterOutput {
		return roomtest.Must(d.PutParameter(ctx, &ssm.PutParameterInput{
			Name: new("/golden"), Type: plain, DataType: new("aws:ec2:image"), Value: &value, Overwrite: new(true),
		}))(t)
	}
	if out := put(t.Context(), "ami-placeholder"); out.Version != 1 {
		t.Errorf("%+v", out)
	}
	_, err := d.GetParameter(t.Context(), &ssm.GetParameterInput{Name: new("/golden")})
	refused(t, "what was not made", err, "ParameterNotFound", "")
	put(t.Context(), golden)
	if out := put(t.Context(), "ami-0fedcba9876543210"); out.Version != 2 {
		t.Errorf("%+v", out)
	}
	if p := d.get("/golden"); *p.Value != golden || p.Version != 1 || *p.DataType != "aws:ec2:image" {
		t.Errorf("%+v", p)
	}
}
