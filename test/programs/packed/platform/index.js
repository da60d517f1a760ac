"use strict";
const pulumi = require("@pulumi/pulumi");
const { VersionedCRD } = require("pulumi-kubernetes-storage-migration");

exports.VersionedCRD = VersionedCRD;

exports.CompanyCRD = class CompanyCRD extends pulumi.ComponentResource {
  constructor(name, args, opts) {
    super("acme:platform:CompanyCRD", name, {}, opts);
    this.crd = new VersionedCRD(name, { migrator: "direct", requestTimeoutSeconds: 3, ...args }, { parent: this });
    this.registerOutputs();
  }
};
