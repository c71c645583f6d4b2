package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/cloud"
)

const imageHelp = `Images of EC2 that are made of files on this machine. They are for the local cloud: an AWS
account gets its images by "aws ec2 import-image" or EC2 Image Builder.`

func imageCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "image", Short: "Make images for the local cloud's instances, and take them out", Long: imageHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addDirFlag(cmd)
	cmd.AddCommand(imageImportCommand(), imageExportCommand())
	return cmd
}

const imageExportHelp = `Write the files of an image (AMI) of the running local cloud as an OCI image layout, into a
folder that is not there yet. "understudy image import FOLDER" makes an image of it again, and
"skopeo copy oci:FOLDER docker-archive:FILE.tar" makes a tar file of it.

It has the image's own files: of an image that lies over this machine's root file system, as
the ready-made images do, only what lies over it, for "understudy image import --on-host".

Exit codes: 0 the folder is there; 1 it could not be made, or no cloud runs; 2 a mistake in the
command, or the environment points at AWS.`

func imageExportCommand() *cobra.Command {
	var region string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "export IMAGE FOLDER", Short: "Write an image's files as an OCI image layout", Long: imageExportHelp, Args: cobra.ExactArgs(2),
		Example: "  understudy image export ami-0123456789abcdef0 web && skopeo inspect oci:web",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := cloudOfImages(cmd)
			if err != nil {
				return err
			}
			if region == "" {
				s, err := c.Status(cmd.Context())
				if err != nil {
					return err
				}
				region = s.Regions[0]
			}
			made, err := c.ExportImage(cmd.Context(), region, args[0], args[1])
			if err != nil {
				return fmt.Errorf("export %s: %w", args[0], err)
			}
			if asJSON {
				return writeJSON(cmd, made)
			}
			note := ""
			if made.OnHost {
				note = ", which lie over this machine's root file system"
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: the files of %s%s; layers: %d\n", args[1], made.Name, note, made.Layers)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&region, "region", "", "the `region` that has the image (default the cloud's first)")
	flags.BoolVar(&asJSON, "json", false, "print what was written as JSON")
	if err := cmd.RegisterFlagCompletionFunc("region", completeRegion); err != nil {
		panic(err) // no such flag
	}
	return cmd
}

const imageImportHelp = `Make an image (AMI) of a root file system, in the running local cloud:

  a folder with its files
  a tar file, plain or compressed by gzip, zstd or bzip2
  a folder with an OCI image layout, as "skopeo copy docker://... oci:FOLDER", "podman save
  --format oci-dir" and "docker buildx build --output type=oci,tar=false" make them

An instance of the image has these files and nothing of this machine's, unless --on-host lays
them over this machine's own root file system, as the ready-made images are. What an OCI image
would run in a container runs at every boot of an instance that has no user data; with user
data, only that is run.

The image is made in every region of the cloud, or in those of --region, and has an id in each.
It is as large as an instance's disk at most, 8 GiB. If something goes wrong in a region,
nothing is left there.

Exit codes: 0 the images are there; 1 one could not be made, or no cloud runs; 2 a mistake in
the command, or the environment points at AWS.`

func imageImportCommand() *cobra.Command {
	var i cloud.Image
	var regions []string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "import SOURCE", Short: "Make an image of a folder, a tar file or an OCI image", Long: imageImportHelp, Args: cobra.ExactArgs(1),
		Example: `  skopeo copy docker://docker.io/library/nginx:1.29 oci:nginx && understudy image import nginx
  understudy image import build/root.tar.zst --name web-2026-03-01 --region us-east-1
  understudy image import build/overlay.tar --on-host --name web`,
		RunE: func(cmd *cobra.Command, args []string) error {
			i.Source = args[0]
			if i.Name == "" {
				i.Name = filepath.Base(filepath.Clean(i.Source))
			}
			return importImages(cmd, i, regions, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&i.Name, "name", "", "the image's `name` (default the source's)")
	flags.StringVar(&i.Description, "description", "", "the image's `description`")
	flags.StringVar(&i.Architecture, "architecture", "", "x86_64 or arm64 (default this machine's)")
	flags.StringVar(&i.Of, "ref", "", "which image of an OCI layout, by its `name` there")
	flags.BoolVar(&i.OnHost, "on-host", false, "lay the files over this machine's root file system")
	flags.StringSliceVar(&regions, "region", nil, "the `region` to make it in, or several (default all of the cloud)")
	flags.BoolVar(&asJSON, "json", false, "print the images as JSON")
	completeImageFlags(cmd)
	return cmd
}

// completeImageFlags offers the values of import's flags to the shell.
func completeImageFlags(cmd *cobra.Command) {
	for flag, values := range map[string]func() []string{
		"region": func() []string {
			regions, _ := completeRegion(cmd, nil, "")
			return regions
		},
		"architecture": func() []string { return []string{"x86_64", "arm64"} },
		"name":         func() []string { return nil },
		"description":  func() []string { return nil },
		"ref":          func() []string { return nil },
	} {
		err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveNoFileComp
		})
		if err != nil {
			panic(err) // no such flag
		}
	}
}

func importImages(cmd *cobra.Command, i cloud.Image, regions []string, asJSON bool) error {
	c, err := cloudOfImages(cmd)
	if err != nil {
		return err
	}
	s, err := c.Status(cmd.Context())
	if err != nil {
		return err
	}
	if len(regions) == 0 {
		regions = s.Regions
	}
	for _, region := range regions {
		if !slices.Contains(s.Regions, region) && !slices.Contains(cloud.RegionNames(), region) {
			return misuse(fmt.Errorf("region %q is neither of this cloud nor AWS's", region))
		}
	}
	var made []cloud.ImportedImage
	var failed []error
	for _, region := range regions {
		image, err := c.ImportImage(cmd.Context(), region, i)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", region, err))
			continue
		}
		made = append(made, image)
		for _, note := range image.Notes {
			fmt.Fprintf(os.Stderr, "understudy: %s: %s\n", region, note)
		}
		if !asJSON {
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s %s\n", region, image.ID, megabytes(image.Size))
		}
	}
	if asJSON {
		failed = append(failed, writeJSON(cmd, made))
	}
	return errors.Join(failed...)
}

// cloudOfImages finds the running cloud, by the endpoint that the environment points at where it does, so that nobody takes an
// image for one that an account has.
func cloudOfImages(cmd *cobra.Command) (*cloud.Attached, error) {
	endpoint := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_EC2"), os.Getenv("AWS_ENDPOINT_URL"))
	if endpoint == "" || dirFlag != "" {
		return runningCloud(cmd.Context())
	}
	c, err := cloud.AttachEndpoint(cmd.Context(), endpoint)
	if errors.Is(err, cloud.ErrNotRunning) {
		return nil, misuse(fmt.Errorf("images are imported into the local cloud only, and %w\nhint: on AWS it is `aws ec2 import-image`", err))
	}
	return c, err
}
