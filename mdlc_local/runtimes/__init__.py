"""Programs that replace AWS's container images: plain scripts that follow the images' interface."""
